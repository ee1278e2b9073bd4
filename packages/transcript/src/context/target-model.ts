import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";

/** The model a context is meant for. Without `api` any of the provider's interfaces counts as the same. */
export interface TargetModel {
  readonly provider: string;
  readonly model: string;
  readonly api?: string;
}

/** Who wrote an assistant message, by its own word. */
interface Signer {
  readonly provider?: unknown;
  readonly model?: unknown;
  readonly api?: unknown;
}

/** Rows that a gateway writes on an assistant's behalf carry this provider; no model stands behind it. */
export const GATEWAY_PROVIDER = "openclaw";

/** True when what `message` signed can go back to `target`. */
export function isOfModel(message: Signer, target: TargetModel | undefined): boolean {
  return (
    target !== undefined &&
    message.provider === target.provider &&
    message.model === target.model &&
    (target.api === undefined || message.api === target.api)
  );
}

/** True for an assistant message that a model wrote, not a gateway. */
export function isOfSomeModel(message: unknown): message is Fields {
  return (
    isFields(message) &&
    message["role"] === "assistant" &&
    typeof message["provider"] === "string" &&
    typeof message["model"] === "string" &&
    message["provider"] !== GATEWAY_PROVIDER
  );
}

/** The model that wrote an assistant message, or undefined for a gateway's row and for anything else. */
export function modelOf(message: unknown): TargetModel | undefined {
  if (!isOfSomeModel(message)) return undefined;
  const { provider, model, api } = message;
  if (typeof provider !== "string" || typeof model !== "string") return undefined;
  return typeof api === "string" ? { provider, model, api } : { provider, model };
}
