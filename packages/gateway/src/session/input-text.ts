import { GatewayError } from "../errors.ts";

// eslint-disable-next-line no-control-regex -- control characters are what is taken out
const CONTROL = /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const LONE_SURROGATE = /\p{Cs}/gu;

/** Text as a person meant it: {@link normalText}, and not empty. Throws `INVALID_REQUEST`. */
export function cleanText(raw: string, field: string): string {
  const text = normalText(raw, field);
  if (text.trim() === "") throw new GatewayError("INVALID_REQUEST", `${field} must not be empty`);
  return text;
}

/** NFC, without control characters other than tab and line ends. Throws `INVALID_REQUEST` for NUL. */
export function normalText(raw: string, field: string): string {
  if (raw.includes("\u0000")) throw new GatewayError("INVALID_REQUEST", `${field} must not contain NUL`);
  return raw.normalize("NFC").replace(CONTROL, "").replace(LONE_SURROGATE, "\ufffd");
}
