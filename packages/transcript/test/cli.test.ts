import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { acquireSessionWriteLock } from "session-lock";
import { expect, onTestFinished, test } from "vitest";
import { openTranscript, SessionManager } from "../src/index.ts";
import { startCommand, transcript } from "./command.ts";
import { userMessage } from "./messages.ts";
import { assistant, calling, chain, chat, linesOf, result, sessionFile, user } from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

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

test("export has what is said while a tool call is open, as of a run that was killed", async () => {
  const file = sessionFile(linesOf(chat(user("begin"), calling("c1"))));
  await using session = await openTranscript(file);
  await session.append(userMessage("are you there?"));

  const markdown = await transcript("export", file);
  const html = await transcript("export", file, "--format", "html");

  expect(markdown.out).toContain("[calls read]\n\n## user\n\nare you there?\n");
  expect(html.out).toContain("<pre>are you there?</pre>");
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

test("a repair that cannot keep what it takes out, as a pipe stands there, fails and waits for nobody", async () => {
  const file = sessionFile(`${linesOf(chat(user("one")))}{"bad\n`);
  const before = readFileSync(file);
  execFileSync("mkfifo", [`${file}.rej`]);

  const { code, err } = await transcript("repair", file, "--apply");

  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("ENXIO") as string });
  expect(readFileSync(file)).toEqual(before);
});

test("one of a kind is told in the singular", async () => {
  const folder = tempFolder();
  const file = path.join(folder, "one.jsonl");
  writeFileSync(file, linesOf(chain(message("alone"))), { mode: 0o600 });

  expect((await transcript("show", file)).out).toContain("\n1 entry, 1 on the active branch\n");
  expect((await transcript("validate", file)).out).toMatch(/valid, 1 entry$/m);
  expect((await transcript("doctor", folder)).out).toMatch(/^1 session: /m);
});

test("what a session says cannot reach the terminal by an export either", async () => {
  const file = sessionFile(linesOf(chat(user("a\u001b[31mb\u0000\u0007c\td\ne"))));

  const markdown = await transcript("export", file);
  const html = await transcript("export", file, "--format", "html");

  expect(markdown.out).toContain("a[31mbc\td\ne");
  expect(html.out).toContain("a[31mbc\td\ne");
});

test.each([
  [[]],
  [["dance", "x"]],
  [["show"]],
  [["show", "a", "b"]],
  [["show", "a", "--wrong"]],
  [["export", "a", "--format", "pdf"]],
  [["validate", "a", "--profile", "nobody"]],
  [["show", "a", "--apply"]],
  [["tail", "a", "--after=-1"]],
  [["tail", "a", "--after", "1.5"]],
  [["tail", "a", "--after", "many"]],
  [["repair", "a", "--wait", "soon"]],
])("wrong usage %j ends with 64 and the help", async (argv) => {
  const { code, out, err } = await transcript(...argv);

  expect({ code, out }).toEqual({ code: 64, out: "" });
  expect(err).toMatch(/^transcript: .+\n\n/);
  expect(err).toContain("exit codes:");
});

test.each(["show", "tail", "export", "validate", "repair", "doctor", "import"])(
  "%s --help tells of that command alone",
  async (command) => {
    const { code, out, err } = await transcript(command, "--help");

    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.match(/^ {2}transcript \w+/gm)).toEqual([`  transcript ${command}`]);
  },
);

test("with --json errors are JSON too, with their code", async () => {
  const missing = path.join(tempFolder(), "missing.jsonl");

  const { code, out, err } = await transcript("show", missing, "--json");

  expect({ code, out }).toEqual({ code: 66, out: "" });
  expect(JSON.parse(err)).toEqual({
    error: { code: "NOT_FOUND", message: `there is no session ${missing}` },
  });
});

test("a session whose lock is held is busy: exit code 75, and who holds it", async () => {
  const file = sessionFile(`${linesOf(chat(user(), assistant()))}{"torn`);
  await using lock = await acquireSessionWriteLock({ sessionFile: file, purpose: "long work" });

  const text = await transcript("repair", file, "--apply", "--wait", "0.05");
  const json = await transcript("repair", file, "--apply", "--wait", "0", "--json");

  expect(lock.held).toBe(true);
  expect(text).toMatchObject({ code: 75, out: "" });
  expect(text.err).toContain("session file locked");
  expect(json.code).toBe(75);
  expect(JSON.parse(json.err)).toMatchObject({ error: { code: "TIMEOUT" } });
});

test("a command that gave up its wait ends though the holder hangs", async () => {
  const file = sessionFile(linesOf(chat(user(), assistant())));
  const hangs = `
    import { acquireSessionWriteLock } from "session-lock";
    await acquireSessionWriteLock({ sessionFile: ${JSON.stringify(file)} });
    console.log("held");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", hangs], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void holder.kill("SIGKILL"));
  await once(holder.stdout, "data");

  const { code } = await transcript("repair", file, "--apply", "--wait", "0.1");

  expect(code).toBe(75);
});

test("a reader that stops early ends the command without a complaint", async () => {
  const long = Array.from({ length: 20_000 }, (_, at) => message(`m${at}`));
  const command = startCommand("show", sessionFile(linesOf(chain(...long))));
  await command.line();

  command.stopReading();

  expect(await command.ended()).toEqual({ code: 0, signal: null, err: "" });
});

test("help is an answer, a missing file and a file that is no session are no input", async () => {
  const notes = sessionFile("just some notes\n");

  const help = await transcript("--help");
  expect(help).toMatchObject({ code: 0, err: "" });
  expect(help.out.match(/^ {2}transcript \w+/gm)).toHaveLength(8);
  expect(await transcript("show", `${notes}.missing`)).toMatchObject({ code: 66, out: "" });
  expect(await transcript("export", notes)).toMatchObject({ code: 66, out: "" });
  expect(readFileSync(notes, "utf8")).toBe("just some notes\n");
});
