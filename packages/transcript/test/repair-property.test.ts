import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { repair, SessionManager, TranscriptError, validate } from "../src/index.ts";
import { branches, damages } from "./arbitrary-session.ts";
import { header, linesOf, START, user } from "./session-lines.ts";
import { tempFolder, tempSession } from "./temp-session.ts";

const RUNS = { numRuns: 250 };
const top = JSON.stringify(header());

const damaged = fc
  .tuple(branches, fc.array(damages, { minLength: 1, maxLength: 4 }))
  .map(([branch, list]) => ({
    branch,
    bytes: list.reduce<Buffer>((bytes, damage) => damage(bytes), Buffer.from(linesOf(branch))),
  }));

/** Repairs, or says that the file is none of ours. */
async function tryRepair(file: string): Promise<"repaired" | "refused"> {
  try {
    await repair(file, { dryRun: false, backups: 0 });
    return "repaired";
  } catch (error) {
    expect(error).toBeInstanceOf(TranscriptError);
    expect((error as TranscriptError).code).toMatch(/^(NOT_A_SESSION|UNSUPPORTED_VERSION)$/);
    return "refused";
  }
}

async function remaining(file: string): Promise<string[]> {
  const { findings } = await validate(file);
  return findings
    .filter(({ code, severity }) => severity === "E" && /^[FT]/.test(code))
    .map(({ code, message }) => `${code} ${message}`);
}

test("after repair no rule of the file or the tree is broken, and repairing again does nothing", async () => {
  const file = tempSession();
  await fc.assert(
    fc.asyncProperty(damaged, async ({ bytes }) => {
      writeFileSync(file, bytes, { mode: 0o600 });
      fc.pre((await tryRepair(file)) === "repaired");
      expect(await remaining(file)).toEqual([]);
      const after = readFileSync(file);
      expect(await repair(file, { dryRun: false })).toEqual({ applied: false, steps: [] });
      expect(readFileSync(file)).toEqual(after);
    }),
    RUNS,
  );
});

test("an entry that survived the damage survives the repair, byte for byte, and every byte is somewhere", async () => {
  const file = tempSession();
  await fc.assert(
    fc.asyncProperty(damaged, async ({ branch, bytes }) => {
      rmSync(`${file}.rej`, { force: true });
      writeFileSync(file, bytes, { mode: 0o600 });
      fc.pre((await tryRepair(file)) === "repaired");
      const after = new Set(readFileSync(file, "latin1").split("\n"));
      const rejected = readRejected(file);
      const lines = bytes
        .toString("latin1")
        .split("\n")
        .filter((line) => line.trim() !== "");
      // Lines of the undamaged session that are still there once, below the header.
      const intact = new Set(branch.map((entry) => Buffer.from(JSON.stringify(entry)).toString("latin1")));
      const survivors = lines.filter(
        (line) => intact.has(line) && lines.indexOf(line) === lines.lastIndexOf(line),
      );
      const lost = survivors.filter((line) => !after.has(line) && !isChangedIn(after, line));
      expect(lost).toEqual([]);
      // Everything else is in the file or beside it.
      const gone = lines.filter(
        (line) => !after.has(line) && !rejected.includes(line) && !isChangedIn(after, line),
      );
      expect(gone).toEqual([]);
    }),
    RUNS,
  );
});

test("any bytes below a header are repaired", async () => {
  const file = tempSession();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (noise) => {
      writeFileSync(file, Buffer.concat([Buffer.from(`${top}\n`), noise]), { mode: 0o600 });
      await repair(file, { dryRun: false, backups: 0 });
      expect(await remaining(file)).toEqual([]);
      expect(SessionManager.open(file).getHeader()).toMatchObject({ id: "11111111-2222" });
    }),
    RUNS,
  );
});

test("ends that were joined are joined for good, and every entry stays", async () => {
  const file = tempSession();
  const raced = fc.array(fc.record({ above: fc.nat({ max: 5 }), afterMs: fc.nat({ max: 3_000 }) }), {
    minLength: 3,
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(raced, async (steps) => {
      let now = START;
      const entries = steps.map(({ above, afterMs }, at) => {
        now += afterMs;
        const parentId = at === 0 ? null : `e${Math.max(0, at - 1 - above)}`;
        return {
          type: "message",
          id: `e${at}`,
          parentId,
          timestamp: new Date(now).toISOString(),
          message: user(),
        };
      });
      writeFileSync(file, linesOf(entries), { mode: 0o600 });
      const linearize = { dryRun: false, linearize: true, backups: 0 } as const;

      await repair(file, linearize);

      expect(await repair(file, linearize)).toEqual({ applied: false, steps: [] });
      const { findings } = await validate(file);
      expect(findings.filter(({ code, severity }) => code === "T10" || severity === "E")).toEqual([]);
      expect(
        SessionManager.open(file)
          .getEntries()
          .map(({ id }) => id),
      ).toEqual(entries.map(({ id }) => id));
    }),
    RUNS,
  );
});

test("a dry run says what repair does, and writes nothing", async () => {
  const folder = tempFolder();
  const file = path.join(folder, "session.jsonl");
  await fc.assert(
    fc.asyncProperty(damaged, async ({ bytes }) => {
      writeFileSync(file, Buffer.concat([Buffer.from(`${top}\n`), bytes]), { mode: 0o600 });
      const { steps } = await repair(file);
      expect(readdirSync(folder).filter((name) => !/\.(lock|rej)$/.test(name))).toEqual(["session.jsonl"]);
      expect((await repair(file, { dryRun: false, backups: 0 })).steps).toEqual(steps);
    }),
    RUNS,
  );
});

function readRejected(file: string): string {
  try {
    return readFileSync(`${file}.rej`, "latin1");
  } catch {
    return ""; // nothing was rejected
  }
}

/** True when a line is there with another id, parent or kept entry and otherwise the same. */
function isChangedIn(lines: ReadonlySet<string>, line: string): boolean {
  const plain = withoutLinks(line);
  return [...lines].some((other) => withoutLinks(other) === plain);
}

function withoutLinks(line: string): string {
  return line
    .replace("\u00ef\u00bb\u00bf", "")
    .replaceAll(/"(id|parentId|firstKeptEntryId)":("[^"]*"|null|[^,}]*),?/g, "");
}
