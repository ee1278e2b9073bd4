import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { imageFault } from "../context/image.ts";
import { rulesOf } from "../context/profile.ts";
import { isBlank, isWireText } from "../context/wire-text.ts";
import { checkAssistant } from "./assistant-check.ts";
import type { Site } from "./finding.ts";
import { reportBlank, reportMendable, severityOfMendable } from "./judge.ts";
import type { Judge } from "./judge.ts";
import { shown } from "./shown.ts";

const ROLES = new Set([
  "user",
  "assistant",
  "toolResult",
  "bashExecution",
  "custom",
  "hookMessage",
  "branchSummary",
  "compactionSummary",
  "system",
]);

/** The rules of a single message. */
export function checkMessage(message: unknown, site: Site, judge: Judge): void {
  const { log } = judge;
  if (!isFields(message) || typeof message["role"] !== "string") {
    log.add("S1", "E", site, "the message is no object with a role");
    return;
  }
  const { role, content } = message;
  if (!ROLES.has(role)) reportMendable(judge, "S1", site, `no provider takes a message of the role ${role}`);
  switch (role) {
    case "user":
    case "custom":
    case "hookMessage":
      checkContent(content, role, site, judge);
      break;
    case "assistant":
      checkAssistant(message, site, judge);
      break;
    case "toolResult":
      checkResult(message, site, judge);
      break;
  }
}

/** The content of a message of the user, or of an extension, which counts as the user's. */
export function checkContent(content: unknown, role: string, site: Site, judge: Judge): void {
  if (typeof content === "string") {
    checkText(content, site, judge);
  } else if (!Array.isArray(content)) {
    judge.log.add("S1", "E", site, `the ${role} message has no content`);
  } else {
    if (content.length === 0) reportBlank(judge, site, `the ${role} message is empty`);
    checkBlocks(content, site, judge);
  }
}

/** A text that a model is to read. */
function checkText(text: unknown, site: Site, judge: Judge): void {
  if (typeof text !== "string") {
    judge.log.add("S1", "E", site, "a text block has no text");
    return;
  }
  if (isBlank(text)) reportBlank(judge, site, "a text is blank");
  // Cheap for nearly all texts: the engine knows by their kind that they hold no surrogates.
  if (!isWireText(text)) reportMendable(judge, "S7", site, "a text has a surrogate without its partner");
}

function checkResult(message: Fields, site: Site, judge: Judge): void {
  const { toolCallId, toolName, content, isError } = message;
  if (typeof toolCallId !== "string" || toolCallId === "") {
    judge.log.add("S5", "E", site, "the tool result names no call");
  }
  if (typeof toolName !== "string" || typeof isError !== "boolean") {
    reportMendable(judge, "S5", site, "the tool result lacks toolName or isError");
  }
  if (typeof content === "string") {
    reportMendable(judge, "S5", site, "the content of the tool result is not a list of blocks");
  } else if (!Array.isArray(content)) {
    judge.log.add("S1", "E", site, "the tool result has no content");
  } else {
    if (content.length === 0) reportBlank(judge, site, "the tool result is empty");
    checkBlocks(content, site, judge);
    const hasImage = content.some((block: unknown) => isFields(block) && block["type"] === "image");
    if (judge.rules?.textOnlyErrors === true && isError === true && hasImage) {
      judge.log.add("P6", "E", site, "a failed tool result holds an image");
    }
  }
}

function checkBlocks(blocks: readonly unknown[], site: Site, judge: Judge): void {
  for (const block of blocks) {
    if (!isFields(block)) {
      judge.log.add("S1", "E", site, "a content block is no object");
    } else if (block["type"] === "text") {
      checkText(block["text"], site, judge);
    } else if (block["type"] === "image") {
      checkImage(block, site, judge);
    } else {
      reportMendable(judge, "S1", site, `no provider takes a block of the type ${shown(block["type"])}`);
    }
  }
}

function checkImage(image: Fields, site: Site, judge: Judge): void {
  // A fault that no limit explains is one for every provider.
  const broken = imageFault(image, Number.POSITIVE_INFINITY);
  const { maxImageBytes } = judge.rules ?? rulesOf("openai-chat");
  const fault = broken ?? imageFault(image, maxImageBytes);
  if (fault === undefined) return;
  judge.log.add(
    "S8",
    broken === undefined ? severityOfMendable(judge) : "E",
    site,
    `an image cannot be sent: ${fault}`,
  );
}
