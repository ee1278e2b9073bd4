import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { SessionManager as PiNew } from "@earendil-works/pi-coding-agent";
import { SessionManager as PiOld } from "@mariozechner/pi-coding-agent";
import { expect, test } from "vitest";
import { openTranscript, repair, SessionManager, validate } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { assistant, chat, header, linesOf, sessionFile, user } from "./session-lines.ts";
import { tempSession } from "./temp-session.ts";

const whole = linesOf(chat(user("one"), assistant("two"), user("three")));
const [top = "", one = "", two = "", three = ""] = whole.split("\n");
const fix = { dryRun: false } as const;

/** In JavaScript, but not in JSON, these are white space. */
const ODD = [
  ["a no-break space", "\u00a0"],
  ["a form feed", "\f"],
  ["a vertical tab", "\v"],
  ["a line separator", "\u2028"],
  ["an ideographic space", "\u3000"],
  ["a byte order mark", "\ufeff"],
] as const;
const READ = [["a tab", "\t"] as const, ["a space", " "] as const, ["a carriage return", "\r"] as const];

const idsOf = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);

test.each([...ODD, ...READ])(
  "around an entry, %s means to us what it means to pi: the same entries, branch and leaf",
  async (_, space) => {
    for (const line of [space + two, two + space, space + two + space]) {
      const file = sessionFile(`${top}\n${one}\n${line}\n${three}\n`);
      const last = sessionFile(`${top}\n${one}\n${line}\n`);

      const ours = SessionManager.open(file);
      expect(idsOf(ours.getEntries())).toEqual(idsOf(PiNew.open(file).getEntries()));
      expect(idsOf(ours.getEntries())).toEqual(idsOf(PiOld.open(file).getEntries()));
      expect(idsOf(SessionManager.open(file).getBranch())).toEqual(idsOf(PiNew.open(file).getBranch()));
      expect(SessionManager.open(last).getLeafId()).toBe(PiNew.open(last).getLeafId());
      await using transcript = await openTranscript(file);
      expect(idsOf(await transcript.entries())).toEqual(idsOf(ours.getEntries()));
      expect((await validate(file)).entries).toBe(ours.getEntries().length);
    }
  },
);

test.each(ODD)(
  "a line with %s around its entry is a fault, and repair brings the entry back",
  async (_, space) => {
    const file = sessionFile(`${top}\n${one}\n${space}${two}${space}\n${three}\n`);

    const { findings } = await validate(file);
    expect(findings.map(({ code, severity, line }) => [code, severity, line])).toEqual([
      ["F2", "E", 3],
      ["T5", "E", 4],
    ]);
    expect(findings[0]?.message).toContain("white space");
    const { steps } = await repair(file, fix);

    expect(steps.map(({ code, action, line }) => [code, action, line])).toEqual([["F2", "re-encode", 3]]);
    expect(readFileSync(file, "utf8")).toBe(whole);
    expect(readFileSync(`${file}.rej`, "utf8")).toBe(`${space}${two}${space}\n`);
    expect(await repair(file, fix)).toEqual({ applied: false, steps: [] });
  },
);

test("an entry of version 1, which has no id to know it by, comes back from odd white space as well", async () => {
  const entry = JSON.stringify({
    type: "message",
    timestamp: "2026-01-01T00:00:00.000Z",
    message: user("x"),
  });
  const old = JSON.stringify(header({ version: undefined }));
  const file = sessionFile(`${old}\n${entry}\n\u00a0${entry}\n${entry}\n`);
  expect(SessionManager.open(file).getEntries()).toHaveLength(2);

  await repair(file, fix);

  expect(readFileSync(file, "utf8")).toBe(`${old}\n${entry}\n${entry}\n${entry}\n`);
});

test("a header with odd white space around it is none, as in pi 0.87.1, until it is repaired", async () => {
  const file = sessionFile(`${top}\u00a0\n${one}\n`);
  expect(() => PiNew.open(file)).toThrow("not a valid pi session");

  expect(() => SessionManager.open(file)).toThrow(
    expect.objectContaining({ code: "NOT_A_SESSION" }) as Error,
  );
  expect((await validate(file)).findings.map(({ code }) => code)).toEqual(["F1"]);
  await repair(file, fix);

  expect(readFileSync(file, "utf8")).toBe(`${top}\n${one}\n`);
});

test("behind a byte order mark a session of any version is read and goes on, also where it is nothing but its header", async () => {
  const entry = JSON.stringify({
    type: "message",
    timestamp: "2026-01-01T00:00:00.000Z",
    message: user("x"),
  });
  const old = sessionFile(`\ufeff${JSON.stringify(header({ version: undefined }))}\n${entry}\n`);
  const alone = sessionFile(`\ufeff${top}`);
  await using transcript = await openTranscript(alone);

  await transcript.append(userMessage("first"));

  expect(readFileSync(alone, "utf8").startsWith(`\ufeff${top}\n{"type":"message"`)).toBe(true);
  expect(idsOf(SessionManager.open(old).getEntries())).toEqual(["00000001"]);
});

test("a last line that lacks its newline and has odd white space around it was never acknowledged: it goes to the .rej file", async () => {
  const file = tempSession();
  writeFileSync(file, `${top}\n${one}\n`);
  await using transcript = await openTranscript(file);
  appendFileSync(file, `${two}\u00a0`);

  const { entry } = await transcript.append(userMessage("three"));

  expect(entry.parentId).toBe("e1");
  expect(readFileSync(`${file}.rej`, "utf8")).toBe(`${two}\u00a0\n`);
  expect(idsOf(PiNew.open(file).getBranch())).toEqual(["e1", entry.id]);
});
