import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { isOfModel } from "../context/target-model.ts";
import { UNCHECKED_THOUGHT } from "../context/thought-mark.ts";
import { isToolName } from "../context/tool-name.ts";
import { isBlank, isWireText, isWireValue } from "../context/wire-text.ts";
import type { Site } from "./finding.ts";
import { reportBlank, reportMendable } from "./judge.ts";
import type { Judge } from "./judge.ts";
import { isCutOff, isFailed } from "./turn.ts";
import { shown } from "./shown.ts";

/** The rules of an assistant message. Of a turn that failed a model sees nothing, so nothing in it can be refused. */
export function checkAssistant(message: Fields, site: Site, judge: Judge): void {
  const { content, stopReason } = message;
  if (isFailed(message)) {
    if (judge.stage === "request") judge.log.add("C6", "E", site, `the turn ended in ${String(stopReason)}`);
    return;
  }
  if (typeof content === "string") {
    reportMendable(judge, "S1", site, "the content of the assistant message is not a list of blocks");
    return;
  }
  if (!Array.isArray(content)) {
    judge.log.add("S1", "E", site, "the assistant message has no content");
    return;
  }
  const blocks: readonly unknown[] = content;
  if (blocks.length === 0) reportBlank(judge, site, "the assistant message is empty");
  const calls = checkBlocks(blocks, message, site, judge);
  if (calls > 0 !== (stopReason === "toolUse") && stopReason !== "length") {
    judge.log.add("S6", "W", site, `the stop reason ${shown(stopReason)} does not fit ${calls} tool calls`);
  }
  if (isCutOff(message)) reportMendable(judge, "C7", site, "the length limit cut the last tool call off");
  const last = blocks.at(-1);
  if (judge.rules?.thinkingLeads === true && isFields(last) && last["type"] === "thinking") {
    judge.log.add("P5", "E", site, "the message ends in reasoning");
  }
}

/** Returns the number of tool calls. */
function checkBlocks(blocks: readonly unknown[], message: Fields, site: Site, judge: Judge): number {
  let ids: Set<unknown> | undefined;
  let calls = 0;
  for (const block of blocks) {
    const type = isFields(block) ? block["type"] : undefined;
    if (!isFields(block) || (type !== "text" && type !== "thinking" && type !== "toolCall")) {
      reportMendable(judge, "S1", site, "no provider takes one of the content blocks");
      continue;
    }
    checkSignature(block, message, site, judge);
    if (type === "text") checkText(block, site, judge);
    else if (type === "thinking") checkThinking(block, site, judge);
    else {
      calls += 1;
      checkCall(block, site, judge);
      ids ??= new Set();
      if (ids.has(block["id"])) judge.log.add("S4", "E", site, `two calls have the id ${shown(block["id"])}`);
      ids.add(block["id"]);
    }
  }
  return calls;
}

function checkText({ text, textSignature }: Fields, site: Site, judge: Judge): void {
  if (typeof text !== "string") judge.log.add("S1", "E", site, "a text block has no text");
  else {
    if (textSignature === undefined && isBlank(text)) reportBlank(judge, site, "a text block is blank");
    if (!isWireText(text)) reportMendable(judge, "S7", site, "a text has a surrogate without its partner");
  }
}

function checkThinking({ thinking, thinkingSignature }: Fields, site: Site, judge: Judge): void {
  const isSigned = typeof thinkingSignature === "string" && thinkingSignature !== "";
  if (!isSigned && judge.rules?.signedThinking === true) {
    judge.log.add("P4", "E", site, "reasoning has no signature");
  } else if (!isSigned && (typeof thinking !== "string" || isBlank(thinking))) {
    reportBlank(judge, site, "reasoning is empty");
  }
  if (typeof thinking === "string" && !isWireText(thinking)) {
    reportMendable(judge, "S7", site, "reasoning has a surrogate without its partner");
  }
}

function checkCall(call: Fields, site: Site, judge: Judge): void {
  const { id, name } = call;
  const { log, rules } = judge;
  if (typeof id !== "string" || id === "") log.add("S3", "E", site, "a tool call has no id");
  else if (rules && !rules.toolCallId.test(id)) {
    log.add(
      "P1",
      "E",
      site,
      `the tool call id ${id.slice(0, 80)} has not the form that ${rules.profile} takes`,
    );
  }
  if (typeof name !== "string" || name === "") log.add("S3", "E", site, "a tool call has no name");
  else if (!isToolName(name)) {
    reportMendable(judge, "S3", site, `the tool name ${name.slice(0, 80)} is not a word of 1 to 64 letters`);
  }
  if (!isWireValue(call)) {
    reportMendable(
      judge,
      "S7",
      site,
      "a tool call has a surrogate without its partner, or is nested too deep",
    );
  }
  if (!isFields(call["arguments"])) log.add("S3", "E", site, "the arguments of a tool call are no object");
}

function signatureOf(block: Fields): unknown {
  switch (block["type"]) {
    case "text":
      return block["textSignature"];
    case "thinking":
      return block["thinkingSignature"];
    default:
      return block["thoughtSignature"];
  }
}

function checkSignature(block: Fields, message: Fields, site: Site, { model, log }: Judge): void {
  if (model === undefined || isOfModel(message, model)) return;
  const signature = signatureOf(block);
  if (signature === undefined || signature === UNCHECKED_THOUGHT) return;
  log.add("C12", "E", site, "a signature was given by another model");
}
