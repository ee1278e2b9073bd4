import type { Fields } from "./fields.ts";

const IMAGE_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** What keeps a provider from taking an image, or undefined when nothing does. */
export function imageFault(image: Fields, maxBytes: number): string | undefined {
  const { data, mimeType } = image;
  if (typeof mimeType !== "string" || !IMAGE_TYPES.has(mimeType))
    return "its type is not png, jpeg, gif or webp";
  if (typeof data !== "string" || data.length % 4 !== 0 || !BASE64.test(data))
    return "its data is not base64";
  const bytes = Buffer.byteLength(data, "base64");
  return bytes > maxBytes ? `it has ${bytes} bytes, the limit is ${maxBytes}` : undefined;
}
