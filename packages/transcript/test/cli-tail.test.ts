import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openTranscript } from "../src/index.ts";
import { startCommand, transcript } from "./command.ts";
import { userMessage } from "./messages.ts";
import { sessionFile } from "./session-lines.ts";
import { tempFolder, tempSession } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

test("tail prints what is there, and then what other processes append, in the order of the file", async () => {
  const file = tempSession();
  await using session = await openTranscript(file);
  await session.append(userMessage("one\u001b[2J\nmore"));
  const tail = startCommand("tail", file);

  expect(await tail.line()).toBe("1  user  one [2J more");
  const workers = ["a", "b"].map((name) => startWorker("append.js", [file, "transcript", name, "5"]));
  await Promise.all(workers.map((worker) => worker.next()));
  for (const worker of workers) worker.send("go");
  await Promise.all(workers.map((worker) => worker.rest()));
  const lines = [];
  for (let at = 0; at < 10; at += 1) lines.push(await tail.line());

  const texts = (await session.entries()).map((entry) => readText(entry));
  expect(lines).toEqual(texts.slice(1).map((text, at) => `${at + 2}  user  ${text}`));
});

test("a tail that was stopped goes on behind its last number, and misses and repeats nothing", async () => {
  const file = tempSession();
  await using session = await openTranscript(file);
  await session.append(userMessage("one"));
  const first = startCommand("tail", file, "--json");
  const { seq } = JSON.parse(await first.line()) as { seq: number };
  first.kill("SIGINT");
  const stopped = await first.ended();
  await session.append(userMessage("two"));

  const second = startCommand("tail", file, "--json", "--after", String(seq));
  const next = JSON.parse(await second.line()) as object;
  await session.append(userMessage("three"));
  const last = JSON.parse(await second.line()) as object;
  second.kill("SIGTERM");

  expect(stopped).toEqual({ code: 130, signal: null, err: "" });
  const [, two, three] = await session.entries();
  expect([next, last]).toEqual([
    { seq: 2, entry: two },
    { seq: 3, entry: three },
  ]);
  expect(await second.ended()).toEqual({ code: 143, signal: null, err: "" });
});

test("a tail whose reader has gone ends with the next entry, without a complaint", async () => {
  const file = tempSession();
  await using session = await openTranscript(file);
  await session.append(userMessage("one"));
  const tail = startCommand("tail", file);
  await tail.line();

  tail.stopReading();
  await session.append(userMessage("two"));

  expect(await tail.ended()).toEqual({ code: 0, signal: null, err: "" });
});

test("tail never makes or changes a file, and what is no session is no input", async () => {
  const missing = path.join(tempFolder(), "missing.jsonl");
  const notes = sessionFile("just some notes\n");
  const file = tempSession();
  await (await openTranscript(file)).close();
  appendFileSync(file, '{"half');
  const before = readFileSync(file);
  const tail = startCommand("tail", file);
  await using session = await openTranscript(file);

  expect(await transcript("tail", missing)).toMatchObject({ code: 66, out: "" });
  expect(await transcript("tail", notes)).toMatchObject({ code: 66, out: "" });
  expect(await transcript("tail", missing)).toMatchObject({ code: 66, out: "" });
  expect(readFileSync(file)).toEqual(before);
  await session.append(userMessage("whole"));
  expect(await tail.line()).toBe("1  user  whole");
});

function readText(entry: object): string {
  const { message } = entry as { message?: { content: string | readonly { text: string }[] } };
  const { content = "" } = message ?? {};
  return typeof content === "string" ? content : (content[0]?.text ?? "");
}
