import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SessionManager } from "../src/index.ts";
import {
  assistant,
  calling,
  chain,
  chat,
  header,
  linesOf,
  result,
  sessionFile,
  user,
} from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

const MAIN = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function transcript(...argv: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...argv], { maxBuffer: 2 ** 26 }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

const message = (text: string) => ({ type: "message", message: user(text) });
const FORKED = linesOf(
  chain(
    message("begin"),
    message("left\u001b[31m\u202e"),
    message("left too"),
    { ...message("went on"), parentId: "e1" },
    { type: "label", targetId: "e4", label: "here" },
  ),
);

test("show draws the tree, forks aside and the active branch straight down, and nothing that moves a terminal", async () => {
  const { code, out } = await transcript("show", sessionFile(FORKED));

  expect(code).toBe(0);
  expect(out.split("\n")).toEqual([
    "11111111-2222 · /w",
    "5 entries, 3 on the active branch",
    "● user  begin  e1",
    "├─ ○ user  left [31m  e2",
    "│  ○ user  left too  e3",
    "● user  went on [here]  e4",
    "◆ label  here on e4  e5",
    "",
  ]);
});

test("show --json gives the entries and the active branch", async () => {
  const file = sessionFile(FORKED);

  const { out } = await transcript("show", file, "--json");

  expect(JSON.parse(out)).toEqual({
    sessionId: "11111111-2222",
    cwd: "/w",
    leafId: "e5",
    branch: ["e1", "e4", "e5"],
    entries: SessionManager.open(file).getEntries(),
  });
});

test("a chain of twenty thousand entries is drawn", async () => {
  const long = Array.from({ length: 20_000 }, (_, at) => message(`m${at}`));

  const { code, out } = await transcript("show", sessionFile(linesOf(chain(...long))));

  expect(code).toBe(0);
  expect(out.split("\n")).toHaveLength(20_003);
});

test("export writes the active branch as Markdown, tool output fenced", async () => {
  const file = sessionFile(
    linesOf(chat(user("**hello**"), calling("c1"), result("c1", "a ``` b"), assistant("done"))),
  );

  const { code, out } = await transcript("export", file);

  expect(code).toBe(0);
  expect(out).toContain(
    "## user\n\n**hello**\n\n## assistant\n\n[calls read]\n\n## toolResult\n\n````\na ``` b\n````\n\n## assistant\n\ndone",
  );
});

test("export to HTML escapes every text of the session and runs nothing", async () => {
  const evil = `<script>alert("1")</script><img src=x onerror='alert(2)'>&`;
  const file = sessionFile(
    linesOf([
      ...chat(user(evil), assistant(evil)),
      {
        type: "custom_message",
        customType: evil,
        content: evil,
        display: true,
        id: "x",
        parentId: "e2",
        timestamp: evil,
      },
      { type: "session_info", name: evil, id: "y", parentId: "x", timestamp: evil },
    ]).replace('"cwd":"/w"', `"cwd":${JSON.stringify(evil)}`),
  );

  const { code, out } = await transcript("export", file, "--format", "html");

  expect(code).toBe(0);
  expect(out).toContain(
    "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(2)&#39;&gt;&amp;",
  );
  expect(out).not.toMatch(/<script|<img/);
  expect(out).toContain("default-src 'none'");
});

test("validate tells what is wrong and says it by its exit code", async () => {
  const good = await transcript("validate", sessionFile(linesOf(chat(user(), assistant()))));
  const bad = await transcript("validate", sessionFile(`${FORKED}{"torn`));
  const json = await transcript("validate", sessionFile(`${FORKED}{"torn`), "--json");

  expect(good).toMatchObject({ code: 0, err: "" });
  expect(good.out).toContain("valid, 2 entries");
  expect(bad.code).toBe(65);
  expect(bad.out).toMatch(/line 7 {2}E F3 .*\n.*not valid/);
  expect(json.code).toBe(65);
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, entries: 5 });
});

test("repair changes nothing until it is told to, then the session is valid", async () => {
  const file = sessionFile(`${linesOf(chat(user(), assistant()))}{"torn`);
  const before = readFileSync(file, "utf8");

  const dry = await transcript("repair", file);
  expect(dry).toMatchObject({ code: 65 });
  expect(readFileSync(file, "utf8")).toBe(before);
  const applied = await transcript("repair", file, "--apply", "--json");

  expect(applied.code).toBe(0);
  expect(JSON.parse(applied.out)).toMatchObject({ applied: true, file });
  expect(await transcript("validate", file)).toMatchObject({ code: 0 });
  expect(await transcript("repair", file)).toMatchObject({ code: 0, out: `${file}: nothing to mend\n` });
});

test("doctor examines every session below a folder and sums up", async () => {
  const folder = tempFolder();
  const good = path.dirname(sessionFile(""));
  writeFileSync(path.join(folder, "good.jsonl"), linesOf(chat(user(), assistant())), { mode: 0o600 });
  writeFileSync(path.join(folder, "torn.jsonl"), `${linesOf(chat(user()))}{"torn`, { mode: 0o600 });
  writeFileSync(path.join(folder, "empty.jsonl"), `${JSON.stringify(header())}\n`, { mode: 0o600 });
  writeFileSync(path.join(folder, "notes.txt"), "not a session", { mode: 0o600 });

  const text = await transcript("doctor", folder);
  const json = await transcript("doctor", folder, "--json");
  const none = await transcript("doctor", path.join(good, "missing"));

  expect(text).toMatchObject({ code: 65, err: "" });
  expect(text.out).toMatch(/^faults {2}.*torn\.jsonl .*F3/m);
  expect(text.out).toMatch(/^3 sessions: 2 healthy, 0 with warnings, 1 with faults, 0 unreadable$/m);
  const lines = json.out
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toHaveLength(4);
  expect(lines.at(-1)).toMatchObject({ sessions: 3, healthy: 2, faults: 1, findings: { F3: 1 } });
  expect(none.code).toBe(66);
  expect(readdirSync(folder)).toHaveLength(4);
});

test.each([
  [[]],
  [["dance", "x"]],
  [["show"]],
  [["show", "a", "b"]],
  [["show", "a", "--wrong"]],
  [["export", "a", "--format", "pdf"]],
  [["validate", "a", "--profile", "nobody"]],
])("wrong usage %j ends with 64 and the help", async (argv) => {
  const { code, out, err } = await transcript(...argv);

  expect({ code, out }).toEqual({ code: 64, out: "" });
  expect(err).toContain("transcript show <file>");
});

test("help is an answer, a missing file and a file that is no session are no input", async () => {
  const notes = sessionFile("just some notes\n");

  expect(await transcript("--help")).toMatchObject({ code: 0, err: "" });
  expect(await transcript("show", `${notes}.missing`)).toMatchObject({ code: 66, out: "" });
  expect(await transcript("export", notes)).toMatchObject({ code: 66, out: "" });
  expect(readFileSync(notes, "utf8")).toBe("just some notes\n");
});
