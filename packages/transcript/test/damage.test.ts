import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openTranscript, TranscriptError } from "../src/index.ts";
import { readRaw } from "./raw-session.ts";
import { tempSession } from "./temp-session.ts";

// Ids that no single flipped bit turns into one another.
const LINES = [
  '{"type":"session","version":3,"id":"s","timestamp":"2025-01-01T00:00:00.000Z","cwd":"/"}',
  '{"type":"message","id":"aa","parentId":null,"timestamp":"2025-01-01T00:00:01.000Z","message":{"role":"user","content":"one","timestamp":1}}',
  '{"type":"message","id":"bb","parentId":"aa","timestamp":"2025-01-01T00:00:02.000Z","message":{"role":"user","content":"two","timestamp":2}}',
  '{"type":"message","id":"dd","parentId":"bb","timestamp":"2025-01-01T00:00:03.000Z","message":{"role":"user","content":"three","timestamp":3}}',
];
const WHOLE = Buffer.from(LINES.map((line) => `${line}\n`).join(""));
const HEADER_BYTES = Buffer.byteLength(LINES[0] ?? "");
const NEW = { role: "user", content: "after", timestamp: 4 } as const;

interface Outcome {
  /** Why it was refused; undefined for a session that was opened and appended to. */
  readonly refused: string | undefined;
  readonly isUntouchedByReading: boolean;
  readonly found: readonly string[];
  readonly appended: string | undefined;
}

/** Opens what is in the file, reads it, appends to it. Anything but a typed refusal is thrown on. */
async function recover(file: string, bytes: Buffer): Promise<Outcome> {
  let isUntouchedByReading = true;
  let found: readonly string[] = [];
  try {
    await using transcript = await openTranscript(file, { durability: "os", create: false });
    found = (await transcript.entries()).map((entry) => JSON.stringify(entry));
    isUntouchedByReading = readFileSync(file).equals(bytes);
    const { entry } = await transcript.append(NEW);
    const onBranch = (await transcript.branch()).at(-1)?.id;
    return {
      refused: undefined,
      isUntouchedByReading,
      found,
      appended: onBranch === entry.id ? entry.id : "lost",
    };
  } catch (error) {
    if (!(error instanceof TranscriptError)) throw error;
    return { refused: error.code, isUntouchedByReading, found, appended: undefined };
  }
}

/** The lines of the undamaged session that are in the file, each a line of its own. */
function intactIn(bytes: Buffer): readonly string[] {
  const lines = new Set(bytes.toString("latin1").split("\n").slice(0, -1));
  return LINES.slice(1).filter((line) => lines.has(line));
}

test("cut at every byte, a session opens with every whole entry, and what is appended is on the branch", async () => {
  const file = tempSession();
  for (let cut = HEADER_BYTES; cut <= WHOLE.length; cut += 1) {
    const bytes = WHOLE.subarray(0, cut);
    const kept = [...intactIn(bytes)];
    // A last line that lost only its newline counts once its newline is there again.
    const mended = LINES.slice(1).filter((line) => bytes.toString("latin1").includes(line));
    writeFileSync(file, bytes);

    const outcome = await recover(file, bytes);

    const session = readRaw(file);
    expect({ cut, ...outcome }).toMatchObject({
      cut,
      refused: undefined,
      isUntouchedByReading: true,
      found: kept,
    });
    expect(session.branch.map(({ id }) => id)).toEqual([
      ...mended.map((line) => (JSON.parse(line) as { id: string }).id),
      outcome.appended,
    ]);
    expect(session).toMatchObject({ unreadable: 0, forks: 0, headers: 1 });
  }
});

test("cut within its header, a file is refused and left as it is, and an empty one begins a session", async () => {
  const file = tempSession();
  for (let cut = 1; cut < HEADER_BYTES; cut += 1) {
    const bytes = WHOLE.subarray(0, cut);
    writeFileSync(file, bytes);
    const outcome = await recover(file, bytes);
    expect({ cut, ...outcome }).toMatchObject({ cut, refused: "NOT_A_SESSION" });
    expect(readFileSync(file)).toEqual(bytes);
  }
  writeFileSync(file, "");
  await using transcript = await openTranscript(file);
  await transcript.append(NEW);
  expect(readRaw(file)).toMatchObject({ visible: ["after"], headers: 1, unreadable: 0 });
});

test("whichever bit of an entry is flipped, all other entries are there, and what is appended is on the branch", async () => {
  const file = tempSession();
  for (let bit = (HEADER_BYTES + 1) * 8; bit < WHOLE.length * 8; bit += 1) {
    const bytes = flipped(bit);
    const kept = intactIn(bytes);
    writeFileSync(file, bytes);

    const { found, appended, ...outcome } = await recover(file, bytes);

    const lines = readFileSync(file, "latin1").split("\n");
    expect({ bit, ...outcome, missing: kept.filter((line) => !found.includes(line)) }).toEqual({
      bit,
      refused: undefined,
      isUntouchedByReading: true,
      missing: [],
    });
    expect(kept.length).toBeGreaterThanOrEqual(1);
    expect(lines.slice(-2)).toEqual([expect.stringContaining(`"id":"${appended}"`), ""]);
    expect(kept.filter((line) => !lines.includes(line))).toEqual([]);
  }
});

test("whichever bit of the header is flipped, the session goes on or is refused for what it is, and no entry is lost", async () => {
  const file = tempSession();
  const codes = new Set<string | undefined>();
  for (let bit = 0; bit < (HEADER_BYTES + 1) * 8; bit += 1) {
    const bytes = flipped(bit);
    writeFileSync(file, bytes);

    const { refused } = await recover(file, bytes);

    codes.add(refused);
    const after = readFileSync(file);
    expect({ bit, isKept: after.subarray(0, bytes.length).equals(bytes) }).toEqual({ bit, isKept: true });
  }
  expect([...codes].sort()).toEqual(["NOT_A_SESSION", "UNSUPPORTED_VERSION", undefined]);
});

function flipped(bit: number): Buffer {
  const bytes = Buffer.from(WHOLE);
  const at = Math.floor(bit / 8);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
  return bytes;
}
