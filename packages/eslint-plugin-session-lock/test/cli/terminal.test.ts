import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hasColours } from "../../src/cli/colours.ts";
import { showProgress } from "../../src/cli/progress.ts";
import type { ReportedFinding } from "../../src/cli/report.ts";
import { toText } from "../../src/cli/stylish.ts";
import { makeProject, unlocked } from "./project.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});

afterEach(() => {
  vi.useRealTimers();
});

const finding: ReportedFinding = {
  file: "a.js",
  rule: "session-lock/require-session-lock",
  messageId: "unlocked",
  message: "It writes.",
  severity: "error",
  line: 3,
  column: 5,
  endLine: 3,
  endColumn: 9,
  fingerprint: "0",
  witness: [],
  isKnown: false,
};

test.each([
  { isTerminal: true, noColour: undefined, expected: true },
  { isTerminal: true, noColour: "", expected: true },
  { isTerminal: true, noColour: "1", expected: false },
  { isTerminal: false, noColour: undefined, expected: false },
])("terminal $isTerminal with NO_COLOR=$noColour has colours: $expected", (row) => {
  expect(hasColours(row.isTerminal, row.noColour)).toBe(row.expected);
});

test("errors are red, warnings yellow, files underlined, places and rules faint", () => {
  const findings = [finding, { ...finding, severity: "warning" as const, line: 4 }];
  const trouble = { file: "b.js", line: 1, column: 2, message: "no" };

  const text = toText({ files: 2, findings, troubles: [trouble], gone: 0 }, true);

  expect(text).toBe(
    [
      "\u001b[31mcannot read\u001b[0m b.js:1:2  no",
      "",
      "\u001b[4ma.js\u001b[0m",
      "  \u001b[2m3:5\u001b[0m  \u001b[31merror\u001b[0m  It writes.  \u001b[2msession-lock/require-session-lock\u001b[0m",
      "  \u001b[2m4:5\u001b[0m  \u001b[33mwarning\u001b[0m  It writes.  \u001b[2msession-lock/require-session-lock\u001b[0m",
      "",
      "2 files: 1 error, 1 warning; 1 file could not be read",
    ].join("\n"),
  );
});

test("a pipe gets neither colours nor progress, a report in a file no colours", async () => {
  await using project = await makeProject({ "a.js": unlocked });

  const { out, err } = await project.lint("a.js");

  expect(out).not.toContain("\u001b");
  expect(err).toBe("");
});

test("progress is shown only when the work is long, at most ten times a second, and is taken away in the end", () => {
  const written: string[] = [];
  const onProgress = showProgress((text) => written.push(text));

  onProgress(1, 200);
  vi.advanceTimersByTime(1_000);
  onProgress(50, 200);
  vi.advanceTimersByTime(99);
  onProgress(60, 200);
  vi.advanceTimersByTime(1);
  onProgress(75, 200);
  onProgress(200, 200);

  expect(written).toEqual(["\r\u001b[Klinting: 25 %", "\r\u001b[Klinting: 37 %", "\r\u001b[K"]);
});

test("short work shows nothing, so that nothing has to be taken away", () => {
  const written: string[] = [];
  const onProgress = showProgress((text) => written.push(text));

  onProgress(1, 2);
  vi.advanceTimersByTime(999);
  onProgress(2, 2);

  expect(written).toEqual([]);
});
