import path from "node:path";
import { textOr } from "../context/fields.ts";

/** What was delivered: words, or files. */
interface Delivery {
  readonly text?: string;
  readonly mediaUrls?: readonly string[];
}

/** What a session records of a delivery; empty when there was none. */
export function mirroredText({ text, mediaUrls }: Delivery): string {
  const said = textOr("", text).trim();
  if (said !== "") return said;
  const urls: readonly unknown[] = Array.isArray(mediaUrls) ? mediaUrls : [];
  const delivered = urls.map((url) => textOr("", url).trim()).filter((url) => url !== "");
  const names = delivered.map(fileNameOf).filter((name) => name !== "");
  // Something was delivered even where it has no name: a session that knows nothing of it would say otherwise.
  return names.length > 0 || delivered.length === 0 ? names.join(", ") : "media";
}

/** The file's name only: the rest of a media URL may carry a secret, and a `data:` URL is the file itself. */
function fileNameOf(mediaUrl: string): string {
  if (/^data:/i.test(mediaUrl)) return "";
  const [location = ""] = mediaUrl.split(/[?#]/);
  const name = path.posix.basename(
    location.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "").replaceAll("\\", "/"),
  );
  return decoded(name)
    .replace(/[\p{Cc}\p{Cs}]+/gu, " ")
    .trim();
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // a stray percent sign: the name as it stands is still a name
  }
}
