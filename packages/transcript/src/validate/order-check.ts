import type { TurnAt } from "./conversation-check.ts";
import type { Severity } from "./finding.ts";
import type { Judge } from "./judge.ts";

/** The rules of who may speak after whom, first and last. `turns` are those that a model is shown. */
export function checkOrder(turns: readonly TurnAt[], judge: Judge): void {
  checkEnds(turns, judge);
  for (let at = 1; at < turns.length; at += 1) {
    const before = turns[at - 1];
    const current = turns[at];
    if (before === undefined || current === undefined) return;
    const { role } = current.turn;
    if (role === before.turn.role && role !== "result") {
      const severity = severityOfRepeat(role, judge);
      if (severity) judge.log.add("C11", severity, current.site, `two ${role} turns in a row`);
    }
    if (judge.rules?.assistantAfterResult === true && role === "user" && before.turn.role === "result") {
      judge.log.add("P3", "E", current.site, "a user turn follows a tool result");
    }
  }
}

function checkEnds(turns: readonly TurnAt[], { rules, stage, log }: Judge): void {
  const first = turns[0];
  const last = turns.at(-1);
  if (first?.turn.role === "assistant" && rules?.startsWithUser !== false) {
    log.add("C1", rules === undefined ? "W" : "E", first.site, "the conversation begins with the assistant");
  }
  // On disk the last word of a finished turn is the assistant's.
  if (last?.turn.role === "assistant" && rules?.endsWithInput === true) {
    log.add("C10", stage === "request" ? "E" : "W", last.site, "the conversation ends with the assistant");
  }
}

function severityOfRepeat(role: "user" | "assistant", { rules }: Judge): Severity | undefined {
  switch (rules?.alternation) {
    case "strict":
      return "E";
    case "soft":
      return "W";
    case "free":
      return undefined;
    case undefined:
      return role === "assistant" ? "W" : undefined;
  }
}
