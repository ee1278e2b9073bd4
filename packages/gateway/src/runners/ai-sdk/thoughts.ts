import type { ProviderMetadata } from "ai";
import { openedBy } from "../../session/message-text.ts";
import type { AgentEvent } from "../runner.ts";

/** A part of the SDK's stream that is about the model's thinking. */
interface ReasoningPart {
  readonly type: "reasoning-start" | "reasoning-delta" | "reasoning-end";
  readonly id: string;
  readonly text?: string;
  readonly providerMetadata?: ProviderMetadata | undefined;
}

interface OpenThought {
  text: string;
  signature: string | undefined;
  cipher: string | undefined;
}

/** Puts the parts of each block of thinking together, with what its provider signs it by. */
export class Thoughts {
  readonly #open = new Map<string, OpenThought>();

  /** Takes a part in; returns the block when it is whole, unless there is nothing in it. */
  take(part: ReasoningPart): (AgentEvent & { readonly type: "thinking" }) | undefined {
    const thought = this.#open.get(part.id) ?? { text: "", signature: undefined, cipher: undefined };
    this.#open.set(part.id, thought);
    thought.text += part.text ?? "";
    for (const facts of Object.values(part.providerMetadata ?? {}).map(openedBy)) {
      // Anthropic; Google; OpenAI.
      thought.signature =
        textAt(facts, "signature") ?? textAt(facts, "thoughtSignature") ?? thought.signature;
      thought.signature = textAt(facts, "reasoningEncryptedContent") ?? thought.signature;
      thought.cipher = textAt(facts, "redactedData") ?? thought.cipher;
    }
    if (part.type !== "reasoning-end") return undefined;
    this.#open.delete(part.id);
    const { text, signature, cipher } = thought;
    if (cipher !== undefined)
      return { type: "thinking", text: "[redacted]", signature: cipher, redacted: true };
    if (text === "") return undefined;
    return { type: "thinking", text, ...(signature === undefined ? {} : { signature }) };
  }
}

function textAt(facts: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = facts[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
