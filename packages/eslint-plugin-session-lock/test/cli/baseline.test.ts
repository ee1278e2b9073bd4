import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { conditional, makeProject, unlocked, type Project } from "./project.ts";

async function readEntries(project: Project): Promise<readonly { readonly file: string }[]> {
  const text = await readFile(path.join(project.folder, "base.json"), "utf8");
  return (JSON.parse(text) as { findings: { file: string }[] }).findings;
}

test("a baseline is made when asked for, and what it knows does not fail wherever it moves", async () => {
  await using project = await makeProject({ "a.js": unlocked, "b.js": conditional });

  const first = await project.lint(".", "--baseline", "base.json", "--update-baseline");
  await project.write({ "a.js": `// moved\n\n${unlocked.replace("  Session", "      Session")}` });
  const moved = await project.lint(".", "--baseline", "base.json");

  expect(first.code).toBe(0);
  expect(await readEntries(project)).toHaveLength(2);
  expect(moved).toMatchObject({ code: 0, out: "2 files: 0 errors, 0 warnings; 2 known to the baseline\n" });
});

test("a new finding fails, and an update does not take it in", async () => {
  await using project = await makeProject({ "a.js": unlocked });
  await project.lint(".", "--baseline", "base.json", "--update-baseline");
  await project.write({ "b.js": conditional });

  const updated = await project.lint(".", "--baseline", "base.json", "--update-baseline");
  const again = await project.lint(".", "--baseline", "base.json");

  expect(updated.code).toBe(1);
  expect(again.code).toBe(1);
  expect(again.out).toContain("1 error, 0 warnings; 1 known to the baseline");
  expect(await readEntries(project)).toMatchObject([{ file: "a.js" }]);
});

test("a second mistake like one that is known is new", async () => {
  await using project = await makeProject({ "a.js": unlocked });
  await project.lint(".", "--baseline", "base.json", "--update-baseline");
  await project.write({
    "a.js": `${unlocked}${unlocked.split("\n").slice(1).join("\n").replace("forget", "again")}`,
  });

  const { code, out } = await project.lint(".", "--baseline", "base.json");

  expect(code).toBe(1);
  expect(out).toContain("1 error, 0 warnings; 1 known to the baseline");
});

test("a finding that is gone is said, and an update removes it", async () => {
  await using project = await makeProject({ "a.js": unlocked, "b.js": conditional });
  await project.lint(".", "--baseline", "base.json", "--update-baseline");
  await project.write({ "a.js": "export {};\n" });

  const before = await project.lint(".", "--baseline", "base.json");
  const updated = await project.lint(".", "--baseline", "base.json", "--update-baseline");

  expect(before).toMatchObject({
    code: 0,
    out: "2 files: 0 errors, 0 warnings; 1 known to the baseline; 1 entry of the baseline gone: --update-baseline removes them\n",
  });
  expect(updated).toMatchObject({ code: 0, out: "2 files: 0 errors, 0 warnings; 1 known to the baseline\n" });
  expect(await readEntries(project)).toMatchObject([{ file: "b.js" }]);
});

test("a baseline that is missing or damaged is trouble, and stays as it is", async () => {
  await using project = await makeProject({ "a.js": unlocked, "base.json": '{"version":1}' });

  const missing = await project.lint(".", "--baseline", "none.json");
  const damaged = await project.lint(".", "--baseline", "base.json", "--update-baseline");

  expect(missing).toMatchObject({ code: 2, out: "" });
  expect(missing.err).toContain("there is no baseline none.json; --update-baseline creates it");
  expect(damaged).toMatchObject({ code: 2, out: "" });
  expect(await readFile(path.join(project.folder, "base.json"), "utf8")).toBe('{"version":1}');
});
