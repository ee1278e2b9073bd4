import type { ImageContent } from "@session-lock/transcript";
import { Type, type Static } from "@sinclair/typebox";
import { GatewayError } from "../errors.ts";
import { base64Bytes } from "./base64-bytes.ts";
import { sniffImage } from "./image-type.ts";
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_ATTACHMENTS_BYTES } from "../protocol/limits.ts";

/** A file that comes with a message. What it says of its type is not believed. */
export const Attachment = Type.Object({
  /** Base64, also as a `data:` URL. */
  content: Type.String(),
  type: Type.Optional(Type.String({ maxLength: 64 })),
  mimeType: Type.Optional(Type.String({ maxLength: 128 })),
  fileName: Type.Optional(Type.String({ maxLength: 512 })),
});
export type Attachment = Static<typeof Attachment>;

// Not part of the pattern of the data: a quantified group over megabytes is what regular expressions are slow at.
const DATA_URL = /^data:[\w.+-]{1,64}\/[\w.+-]{1,64}(?:;[\w=.+-]{1,64}){0,4};base64,/;

/**
 * The images that came with a message, ready for a transcript. The type is what the first bytes say. Throws
 * `INVALID_REQUEST` with the details `TOO_MANY_ATTACHMENTS`, `ATTACHMENT_TOO_LARGE`, `ATTACHMENTS_TOO_LARGE`,
 * `INVALID_ATTACHMENT` (no base64) or `UNSUPPORTED_ATTACHMENT` (no image that models take), and the place in the list.
 */
export function readAttachments(attachments: readonly Attachment[]): ImageContent[] {
  if (attachments.length > MAX_ATTACHMENTS) {
    throw refuse("TOO_MANY_ATTACHMENTS", `at most ${MAX_ATTACHMENTS} attachments`, {
      limit: MAX_ATTACHMENTS,
    });
  }
  let total = 0;
  return attachments.map(({ content }, index) => {
    const data = content.replace(DATA_URL, "");
    const bytes = base64Bytes(data);
    total += bytes;
    if (bytes > MAX_ATTACHMENT_BYTES) {
      const facts = { index, limit: MAX_ATTACHMENT_BYTES };
      throw refuse("ATTACHMENT_TOO_LARGE", `an attachment has at most ${MAX_ATTACHMENT_BYTES} bytes`, facts);
    }
    if (total > MAX_ATTACHMENTS_BYTES) {
      const facts = { index, limit: MAX_ATTACHMENTS_BYTES };
      throw refuse("ATTACHMENTS_TOO_LARGE", `attachments have at most ${MAX_ATTACHMENTS_BYTES} bytes`, facts);
    }
    const decoded = Buffer.from(data, "base64");
    // Node's decoder skips what is not base64; only what it gives back unchanged was.
    if (data === "" || decoded.toString("base64") !== data) {
      throw refuse("INVALID_ATTACHMENT", "the content of an attachment must be base64", { index });
    }
    const mimeType = sniffImage(decoded);
    if (mimeType === undefined) {
      throw refuse("UNSUPPORTED_ATTACHMENT", "attachments must be PNG, JPEG, GIF or WebP images", { index });
    }
    return { type: "image", data, mimeType };
  });
}

function refuse(code: string, message: string, facts: object): GatewayError {
  return new GatewayError("INVALID_REQUEST", message, { details: { code, ...facts } });
}
