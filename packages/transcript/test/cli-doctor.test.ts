import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../src/cli/run.ts";
import { transcript } from "./command.ts";
import { assistant, chat, header, linesOf, user } from "./session-lines.ts";
import { tempFolder } from "./temp-session.ts";

function healthy(folder: string, name: string): void {
  writeFileSync(path.join(folder, name), linesOf(chat(user(), assistant())), { mode: 0o600 });
}

test("doctor examines every session below a folder and sums up", async () => {
  const folder = tempFolder();
  const below = path.join(folder, "a", "b");
  mkdirSync(below, { recursive: true });
  healthy(below, "good.jsonl");
  writeFileSync(path.join(folder, "torn.jsonl"), `${linesOf(chat(user()))}{"torn`, { mode: 0o600 });
  writeFileSync(path.join(folder, "empty.jsonl"), `${JSON.stringify(header())}\n`, { mode: 0o600 });
  writeFileSync(path.join(folder, "notes.txt"), "not a session", { mode: 0o600 });

  const text = await transcript("doctor", folder);
  const json = await transcript("doctor", folder, "--json");

  expect(text).toMatchObject({ code: 65, err: "" });
  expect(text.out).toMatch(/^faults {2}.*torn\.jsonl .*F3/m);
  expect(text.out).toMatch(/^3 sessions: 2 healthy, 0 with warnings, 1 with faults, 0 unreadable$/m);
  const lines = json.out
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toHaveLength(4);
  expect(lines.at(-1)).toMatchObject({ sessions: 3, healthy: 2, faults: 1, findings: { F3: 1 } });
  expect(readdirSync(folder)).toHaveLength(4);
});

test("doctor tells of the appends that wait in a spill file beside a session", async () => {
  const folder = tempFolder();
  healthy(folder, "a.jsonl");
  healthy(folder, "b.jsonl");
  const entry = { type: "message", message: user("waits") };
  const spilled = ["one", "two"].map((id) => JSON.stringify({ type: "spilled", id, entry }));
  writeFileSync(path.join(folder, "b.jsonl.spill"), spilled.map((line) => `${line}\n`).join(""));

  const text = await transcript("doctor", folder);
  const json = await transcript("doctor", folder, "--json");

  expect(text).toMatchObject({ code: 0, err: "" });
  expect(text.out).toMatch(/^waiting {2}.*b\.jsonl {2}2 appends in the spill file, until the next append$/m);
  expect(text.out).toMatch(/^2 appends waiting in spill files$/m);
  expect(json.out.match(/"waiting":\d/g)).toEqual(['"waiting":0', '"waiting":2', '"waiting":2']);
});

test("a pipe or a device in the place of a spill file is told of, and waited for by nobody", async () => {
  const folder = tempFolder();
  for (const name of ["a.jsonl", "b.jsonl", "z.jsonl"]) healthy(folder, name);
  execFileSync("mkfifo", [path.join(folder, "a.jsonl.spill")]);
  symlinkSync("/dev/zero", path.join(folder, "b.jsonl.spill"));

  const { code, out, err } = await transcript("doctor", folder);

  expect({ code, err }).toEqual({ code: 65, err: "" });
  expect(out).toMatch(/^unreadable {2}.*a\.jsonl {2}.*a\.jsonl\.spill is not a plain file/m);
  expect(out).toMatch(/^unreadable {2}.*b\.jsonl {2}.*b\.jsonl\.spill is not a plain file/m);
  expect(out).toMatch(/^3 sessions: 1 healthy, /m);
});

test("one file of every rotten kind among good ones is told of, and stops nothing", async () => {
  const folder = tempFolder();
  healthy(folder, "a.jsonl");
  healthy(folder, "z.jsonl");
  execFileSync("mkfifo", [path.join(folder, "pipe.jsonl")]);
  writeFileSync(path.join(folder, "nothing.jsonl"), "", { mode: 0o600 });
  execFileSync("ln", ["-s", path.join(folder, "a.jsonl"), path.join(folder, "link.jsonl")]);
  execFileSync("truncate", ["-s", "1G", path.join(folder, "huge.jsonl")]);

  const { code, out, err } = await transcript("doctor", folder);

  expect({ code, err }).toEqual({ code: 65, err: "" });
  expect(out).toMatch(/^unreadable {2}.*pipe\.jsonl/m);
  expect(out).toMatch(/^unreadable {2}.*link\.jsonl/m);
  expect(out).toMatch(/^faults {2}.*huge\.jsonl/m);
  expect(out).toMatch(/^6 sessions: 2 healthy, /m);
});

test("a folder that is missing, and a file in its place, are no input", async () => {
  const folder = tempFolder();
  healthy(folder, "a.jsonl");

  const missing = await transcript("doctor", path.join(folder, "missing"));
  const file = await transcript("doctor", path.join(folder, "a.jsonl"));

  expect(missing).toMatchObject({ code: 66, out: "" });
  expect(missing.err).toContain("there is no folder");
  expect(file).toMatchObject({ code: 66, out: "" });
});

test("a terminal sees how far the doctor is, and at the end the bar is gone", async () => {
  const folder = tempFolder();
  for (const name of ["a", "b", "c"]) healthy(folder, `${name}.jsonl`);
  const shown: string[] = [];
  const out: string[] = [];
  const terminal = {
    print: () => Promise.resolve(),
    out: (text: string) => out.push(text),
    err: () => undefined,
    colours: true,
    progress: (line: string) => shown.push(line),
    stop: new AbortController().signal,
  };

  const code = await runCommand(["doctor", folder], terminal);

  expect(code).toBe(0);
  expect(shown.filter((line) => line !== "")).toEqual([
    "[..............................] 0/3",
    "[##########....................] 1/3",
    "[####################..........] 2/3",
  ]);
  expect(shown.at(-1)).toBe("");
  expect(out).toEqual(["3 sessions: 3 healthy, 0 with warnings, 0 with faults, 0 unreadable"]);
});

test("colours are for terminals", async () => {
  const folder = tempFolder();
  writeFileSync(path.join(folder, "torn.jsonl"), `${linesOf(chat(user()))}{"torn`, { mode: 0o600 });
  const out: string[] = [];
  const stop = new AbortController().signal;
  const print = () => Promise.resolve();
  const quiet = { print, err: () => undefined, progress: undefined, stop };
  const terminal = { ...quiet, out: (text: string) => out.push(text) };

  await runCommand(["doctor", folder], { ...terminal, colours: true });
  await runCommand(["doctor", folder], { ...terminal, colours: false });
  const piped = await transcript("doctor", folder);

  expect(out[0]?.startsWith("\u001b[31mfaults\u001b[39m ")).toBe(true);
  expect(out[2]).toMatch(/^faults {2}/);
  expect(piped.out).not.toContain("\u001b");
  expect(piped.err).toBe("");
});

test("a doctor who is interrupted stops between two sessions and says so by the exit code", async () => {
  const folder = tempFolder();
  for (const name of ["a", "b", "c"]) healthy(folder, `${name}.jsonl`);
  const stop = new AbortController();
  const out: string[] = [];
  const terminal = {
    print: () => Promise.resolve(),
    out: (text: string) => {
      out.push(text);
      stop.abort("SIGINT");
    },
    err: (text: string) => out.push(text),
    colours: false,
    progress: undefined,
    stop: stop.signal,
  };

  expect(await runCommand(["doctor", folder, "--json"], terminal)).toBe(130);
  expect(out).toHaveLength(1);
});
