import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { validate, validateMessages } from "../src/index.ts";
import { branches, damages } from "./arbitrary-session.ts";
import { linesOf } from "./session-lines.ts";
import { tempSession } from "./temp-session.ts";

const RUNS = { numRuns: 500 };

test("no bytes make it throw", async () => {
  const file = tempSession();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
      writeFileSync(file, bytes);
      const report = await validate(file, { profile: "strict" });
      expect(report.ok).toBe(false);
    }),
    RUNS,
  );
});

test("no damage to a session makes it throw, and it reads the same twice", async () => {
  const file = tempSession();
  await fc.assert(
    fc.asyncProperty(branches, fc.array(damages, { maxLength: 3 }), async (branch, list) => {
      const whole: Buffer = Buffer.from(linesOf(branch));
      writeFileSync(
        file,
        list.reduce((bytes, damage) => damage(bytes), whole),
      );
      expect(await validate(file, { profile: "strict" })).toEqual(
        await validate(file, { profile: "strict" }),
      );
    }),
    RUNS,
  );
});

test("no value makes it throw", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true })),
      async (values) => {
        expect(await validate(values)).toHaveProperty("findings");
        expect(validateMessages(values, { profile: "strict" })).toHaveProperty("findings");
      },
    ),
    RUNS,
  );
});

test("a line nested beyond any stack is judged like any other", async () => {
  const file = tempSession();
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  writeFileSync(
    file,
    `${linesOf([])}{"type":"message","id":"a","parentId":null,"timestamp":"2026-01-01T00:00:00Z","message":{"role":"assistant","stopReason":"toolUse","content":[{"type":"toolCall","id":"c","name":"t","arguments":{"x":${deep}}}]}}\n`,
    { mode: 0o600 },
  );

  const { findings } = await validate(file);

  expect(findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual(["S7 W", "C5 W", "C1 W"]);
});
