import { base64Bytes } from "./base64-bytes.ts";
import { openedBy } from "./message-text.ts";

/**
 * A message with the size of its images in the place of their data: a list of messages would be megabytes otherwise. The
 * very same message when it has none; the whole one is what `chat.message.get` is for.
 */
export function withoutImageData<M extends object>(message: M): M {
  const content: unknown = "content" in message ? message.content : undefined;
  if (!Array.isArray(content) || !content.some(hasData)) return message;
  return {
    ...message,
    content: content.map((block: unknown) => (hasData(block) ? summaryOf(block) : block)),
  };
}

function hasData(block: unknown): boolean {
  const { type, data } = openedBy(block);
  return type === "image" && typeof data === "string";
}

function summaryOf(block: unknown): object {
  const { data, ...rest } = openedBy(block);
  return { ...rest, omitted: true, bytes: typeof data === "string" ? base64Bytes(data) : 0 };
}
