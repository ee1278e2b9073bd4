import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { expect, test, vi } from "vitest";
import { SessionFile } from "../src/file/session-file.ts";
import { openTranscript } from "../src/index.ts";
import type { SequencedEntry } from "../src/index.ts";
import { userMessage } from "./messages.ts";
import { tempSession } from "./temp-session.ts";
import { spokenOn } from "./tool-messages.ts";
import { startWorker } from "./worker.ts";

async function take(iterator: AsyncIterator<SequencedEntry>, count: number): Promise<SequencedEntry[]> {
  const taken: SequencedEntry[] = [];
  while (taken.length < count) {
    const next = await iterator.next();
    expect(next.done).toBe(false);
    taken.push(next.value as SequencedEntry);
  }
  return taken;
}

function textsOf(found: readonly SequencedEntry[]): readonly string[] {
  return spokenOn(found.map(({ entry }) => entry)).said;
}

test("a tail gives what is there and then what another process appends, each entry once and in order", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("before"));
  const tail = transcript.tail()[Symbol.asyncIterator]();
  const first = await take(tail, 1);

  const worker = startWorker("append-forever.js", [file, "w", "10"]);
  const found = await take(tail, 40);
  await worker.kill();
  await tail.return?.();

  expect([...first, ...found].map(({ seq }) => seq)).toEqual(Array.from({ length: 41 }, (_, at) => at + 1));
  expect(textsOf(found).map((text) => text.split("|")[0])).toEqual(
    Array.from({ length: 40 }, (_, at) => `w ${at}`),
  );
});

test("other work gets its turn while a long session is read, whoever takes the entries", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file, { durability: "os" });
  const message = userMessage("x".repeat(50_000));
  await transcript.appendMany(Array.from({ length: 100 }, () => ({ message })));
  let turns = 0;
  const stop = new AbortController();
  const count = () => {
    turns += 1;
    if (!stop.signal.aborted) setImmediate(count);
  };
  setImmediate(count);

  for await (const { seq } of transcript.tail({ signal: stop.signal })) if (seq === 100) stop.abort();

  expect(turns).toBeGreaterThan(3);
});

test("a tail goes on behind the sequence it is given, which is the entry's place among all entries", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.appendMany(["one", "two", "three"].map((text) => ({ message: userMessage(text) })));

  await using later = await openTranscript(file);
  const found = await take(later.tail({ afterSeq: 1 })[Symbol.asyncIterator](), 2);

  expect(found.map(({ seq }) => seq)).toEqual([2, 3]);
  expect(found.map(({ entry }) => entry)).toEqual((await later.entries()).slice(1));
});

test("a line is given when it is whole", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));
  const line =
    '{"type":"custom","customType":"t","id":"x1","parentId":null,"timestamp":"2026-01-01T00:00:00Z"}\n';
  appendFileSync(file, line.slice(0, 40));
  const tail = transcript.tail()[Symbol.asyncIterator]();
  const [first] = await take(tail, 1);

  const next = tail.next();
  appendFileSync(file, line.slice(40));

  expect(first?.seq).toBe(1);
  expect(await next).toMatchObject({ value: { seq: 2, entry: { id: "x1" } } });
  await tail.return?.();
});

test("of an unfinished line only what is new is read, and nothing of it is missed", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  const whole = statSync(file).size;
  const line = (id: string) =>
    `{"type":"custom","customType":"t","id":"${id}","parentId":null,"timestamp":"2026-01-01T00:00:00Z"}\n`;
  appendFileSync(file, "x".repeat(4_000_000));
  const read = vi.spyOn(SessionFile.prototype, "read");
  const isReadTo = (size: number) => expect.poll(() => read.mock.calls.map(([, end]) => end)).toContain(size);
  const tail = transcript.tail()[Symbol.asyncIterator]();
  const next = tail.next();
  await isReadTo(statSync(file).size);
  read.mockClear();

  appendFileSync(file, "y".repeat(100));
  await isReadTo(statSync(file).size);
  const bytes = read.mock.calls.reduce((sum, [start, end]) => sum + end - start, 0);
  read.mockRestore();
  truncateSync(file, whole);
  appendFileSync(file, line("a1") + "z".repeat(4_000_200));

  expect(bytes).toBeLessThan(10_000);
  expect(await next).toMatchObject({ value: { seq: 1, entry: { id: "a1" } } });
  const second = tail.next();
  appendFileSync(file, `\n${line("a2")}`);
  expect(await second).toMatchObject({ value: { seq: 2, entry: { id: "a2" } } });
  await tail.return?.();
});

test("a tail ends with its signal, and with its transcript", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await using other = await openTranscript(file);
  const stop = new AbortController();
  const stopped = transcript.tail({ signal: stop.signal })[Symbol.asyncIterator]().next();
  const closed = other.tail()[Symbol.asyncIterator]().next();

  stop.abort();
  await other.close();

  expect(await stopped).toEqual({ done: true, value: undefined });
  expect(await closed).toEqual({ done: true, value: undefined });
});

test("a file that is replaced by its copy is followed, one that is rewritten or gone is an error", async () => {
  const file = tempSession();
  await using transcript = await openTranscript(file);
  await transcript.append(userMessage("one"));
  const tail = transcript.tail()[Symbol.asyncIterator]();
  await take(tail, 1);

  copyFileSync(file, `${file}.copy`);
  renameSync(`${file}.copy`, file);
  await transcript.append(userMessage("two"));
  expect(textsOf(await take(tail, 1))).toEqual(["two"]);

  writeFileSync(file, readFileSync(file, "utf8").replaceAll("two", "another"));
  await expect(tail.next()).rejects.toMatchObject({ code: "CONFLICT" });

  const gone = transcript.tail({ afterSeq: 2 })[Symbol.asyncIterator]().next();
  rmSync(file);
  await expect(gone).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test.each([-1, 1.5, Number.NaN, "2"])(
  "%j is no entry to go on behind, and is refused at once",
  async (afterSeq) => {
    await using transcript = await openTranscript(tempSession());

    expect(() => transcript.tail({ afterSeq: afterSeq as number })).toThrow(RangeError);
  },
);
