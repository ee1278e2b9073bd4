import { expect, test } from "vitest";
import { RunBoard } from "../../src/run/run-board.ts";

const MILLION = 1_000_000;

/** A board on which runs have ended one after the other, each with an answer of that length. */
function boardOf(count: number, length: number) {
  const board = new RunBoard().of("session-1");
  for (let number = 1; number <= count; number += 1) {
    const of = { runId: `run-${number}`, sessionKey: "agent:main:main", agentId: "main", seq: 0 };
    board.began(of.runId);
    board.told({ ...of, state: "final", message: { content: [{ type: "text", text: "x".repeat(length) }] } });
  }
  return (number: number): boolean => board.run(`run-${number}`) !== undefined;
}

test("a thousand runs that ended are remembered, and no more", () => {
  const isKnown = boardOf(1_001, 1);

  expect([isKnown(1), isKnown(2), isKnown(1_001)]).toEqual([false, true, true]);
});

test("runs that ended with long answers are remembered as long as these fit into memory, the last ones longest", () => {
  const isKnown = boardOf(50, MILLION);

  expect([isKnown(1), isKnown(30), isKnown(40), isKnown(50)]).toEqual([false, false, true, true]);
});
