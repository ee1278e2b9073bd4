import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { transcript } from "./command.ts";
import { chat, linesOf, sessionFile, user } from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

test.each([[[]], [["show"]], [["show", "a", "--wrong"]]])(
  "wrong usage %j with --json is told as JSON",
  async (argv) => {
    const { code, out, err } = await transcript(...argv, "--json");

    expect({ code, out }).toEqual({ code: 64, out: "" });
    expect(JSON.parse(err)).toEqual({ error: { code: "USAGE", message: expect.any(String) as string } });
  },
);

test.each(["repair", "migrate"])(
  "%s refuses a wait that no timer can make as wrong usage",
  async (command) => {
    const file = sessionFile(linesOf(chat(user())));

    const { code, err } = await transcript(command, file, "--apply", "--wait", "2147484");

    expect({ code, err }).toEqual({ code: 64, err: expect.stringContaining("at most 2147483") as string });
    expect(await transcript(command, file, "--apply", "--wait", "2147483")).toMatchObject({
      code: 0,
      err: "",
    });
  },
);

test("--version tells the version of the package", async () => {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

  expect(await transcript("--version")).toEqual({
    code: 0,
    out: `${(JSON.parse(manifest) as { version: string }).version}\n`,
    err: "",
  });
});

test("doctor says of a file that it is no folder, and what to do", async () => {
  const file = sessionFile(linesOf(chat(user())));

  expect(await transcript("doctor", file)).toMatchObject({
    code: 66,
    err: `transcript: ${file} is no folder; validate looks at one file\n`,
  });
});

test.each(["show", "export", "tail", "validate", "repair", "migrate", "import"])(
  "%s of a path below a file says that there is no such session",
  async (command) => {
    const file = sessionFile(linesOf(chat(user())));

    expect(await transcript(command, `${file}/below`)).toMatchObject({ code: 66, out: "" });
  },
);

test.each(["repair", "migrate"])(
  "%s --apply says that there is no such session wherever it says so without --apply",
  async (command) => {
    const folder = tempFolder();
    const at = (name: string) => path.join(folder, name);
    mkdirSync(at("folder"));
    symlinkSync(sessionFile(linesOf(chat(user()))), at("link"));
    execFileSync("mkfifo", [at("pipe")]);
    const before = readdirSync(folder);
    const subjects = ["folder", "link", "pipe", "missing.jsonl", "missing/session.jsonl"].map(at);

    const planned = await Promise.all(subjects.map((subject) => transcript(command, subject)));
    const applied = await Promise.all(subjects.map((subject) => transcript(command, subject, "--apply")));

    expect(planned.map(({ code }) => code)).toEqual([66, 66, 66, 66, 66]);
    expect(applied.map(({ code }) => code)).toEqual([66, 66, 66, 66, 66]);
    expect(readdirSync(folder).filter((name) => !name.endsWith(".lock"))).toEqual(before);
  },
);
