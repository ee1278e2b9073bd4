import { toErrorShape } from "../protocol/error-shape.ts";

/** A failure as the OpenAI API tells it. */
export interface OpenAiError {
  readonly error: {
    readonly message: string;
    readonly type: "invalid_request_error" | "authentication_error" | "rate_limit_error" | "server_error";
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** The HTTP answer to a request that failed. */
export interface OpenAiRefusal {
  readonly status: number;
  readonly body: OpenAiError;
  readonly retryAfterMs?: number | undefined;
}

/** What a failure is about, beside its message. */
interface ErrorFacts {
  readonly type?: OpenAiError["error"]["type"];
  readonly param?: string;
  readonly code?: string | undefined;
}

export function openAiError(message: string, facts: ErrorFacts = {}): OpenAiError {
  const { type = "invalid_request_error", param = null, code = null } = facts;
  return { error: { message, type, param, code } };
}

/** What a client is told of a failure; it names no file of this machine. */
export function toOpenAiRefusal(error: unknown): OpenAiRefusal {
  const unreadable = statusOf(error);
  if (unreadable !== undefined) {
    const message = unreadable === 413 ? "the request body is too large" : "the request body must be JSON";
    return { status: unreadable, body: openAiError(message) };
  }
  const { code, message, details, retryAfterMs } = toErrorShape(error);
  const detail = detailOf(details);
  if (code === "INVALID_REQUEST") return { status: 400, body: openAiError(message, { code: detail }) };
  const isFull = detail === "QUEUE_FULL" || detail === "LANE_BUSY";
  const type = isFull ? "rate_limit_error" : "server_error";
  const body = openAiError(message, { type, code: detail ?? code });
  return { status: isFull ? 429 : 503, body, retryAfterMs };
}

/** The status that fastify gives a request it cannot read. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const status = Number(error.statusCode);
  return status >= 400 && status < 500 ? status : undefined;
}

function detailOf(details: unknown): string | undefined {
  if (typeof details !== "object" || details === null || !("code" in details)) return undefined;
  return typeof details.code === "string" ? details.code : undefined;
}
