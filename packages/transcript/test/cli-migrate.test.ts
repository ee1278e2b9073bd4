import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { acquireSessionWriteLock } from "session-lock";
import { expect, test } from "vitest";
import { SessionManager } from "../src/index.ts";
import { transcript } from "./command.ts";
import { sessionFile } from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

const OLD = [
  '{"type":"session","id":"old","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/w"}\n',
  '{"type":"message","timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"one","timestamp":1}}\n',
].join("");

test("migrate says what it would do and writes nothing", async () => {
  const file = sessionFile(OLD);

  const ended = await transcript("migrate", file);

  expect(ended).toEqual({
    code: 65,
    out: `${file}: version 1, not changed; --apply makes it 3\n`,
    err: "",
  });
  expect(readFileSync(file, "utf8")).toBe(OLD);
  expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
});

test("migrate --apply makes an old session one of version 3 and keeps it as it was; once more there is nothing to do", async () => {
  const file = sessionFile(OLD);

  const { code, out } = await transcript("migrate", file, "--apply");
  const again = await transcript("migrate", file, "--apply");

  expect(code).toBe(0);
  const [done, kept] = out.split("\n");
  expect(done).toBe(`${file}: migrated from version 1 to 3`);
  expect(readFileSync(kept?.replace("as it was: ", "") ?? "", "utf8")).toBe(OLD);
  expect(SessionManager.open(file).getHeader()).toMatchObject({ version: 3, id: "old" });
  expect(again).toEqual({ code: 0, out: `${file}: version 3, nothing to migrate\n`, err: "" });
});

test("migrate --json tells the same in JSON", async () => {
  const file = sessionFile(OLD);

  const { code, out } = await transcript("migrate", file, "--json");

  expect(code).toBe(65);
  expect(JSON.parse(out)).toEqual({ file, applied: false, from: 1, to: 3 });
});

test("migrate --apply of a session whose lock is held ends with 75 and leaves the file", async () => {
  const file = sessionFile(OLD);
  await using lock = await acquireSessionWriteLock({ sessionFile: file });

  const { code, err } = await transcript("migrate", file, "--apply", "--wait", "0");

  lock.assertHeld();
  expect(code).toBe(75);
  expect(err).toContain("session file locked");
  expect(readFileSync(file, "utf8")).toBe(OLD);
});

test("what is missing, a folder, or no session is no input for migrate", async () => {
  const folder = tempFolder();
  const files = [path.join(folder, "none.jsonl"), folder, sessionFile("\u0000\u0001junk\n"), sessionFile("")];

  const codes = await Promise.all(files.map(async (file) => (await transcript("migrate", file)).code));

  expect(codes).toEqual([66, 66, 66, 66]);
});
