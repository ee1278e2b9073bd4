import { settled } from "../append/settled.ts";
import { textOr } from "../context/fields.ts";
import type { SessionManager } from "../manager/session-manager.ts";
import { describeEntry } from "../outline/describe-entry.ts";
import { withoutControls } from "./terminal.ts";

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}" +
  "article{border-left:3px solid #888;margin:1rem 0;padding:0 1rem}article.user{border-color:#36c}" +
  "article.assistant{border-color:#383}h2{font-size:.9rem;margin:0}pre{white-space:pre-wrap;font:inherit;margin:0}";

const SHOWN: ReadonlySet<string> = new Set(["message", "custom_message", "compaction", "branch_summary"]);

/**
 * The active branch and what waits behind it, as one HTML page, piece by piece, without scripts or links to elsewhere.
 * Every text of the session is escaped.
 */
export function* toHtml(session: SessionManager): Generator<string> {
  const { id, cwd, timestamp } = session.getHeader();
  const title = escaped(session.getSessionName() ?? `Session ${id}`);
  yield [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${title}</title>`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<style>${STYLE}</style></head><body><h1>${title}</h1>`,
    `<p>${escaped(id)} in ${escaped(textOr("?", cwd))}, begun ${escaped(textOr("?", timestamp))}</p>`,
    "",
  ].join("\n");
  for (const entry of settled(session.getBranch())) {
    if (!SHOWN.has(entry.type)) continue;
    const { kind, text } = describeEntry(entry);
    const name = /^[A-Za-z]+$/.test(kind) ? kind : "other";
    yield `<article class="${name}"><h2>${escaped(kind)} <time>${escaped(textOr("", entry.timestamp))}</time></h2><pre>${escaped(text)}</pre></article>\n`;
  }
  yield "</body></html>\n";
}

function escaped(text: string): string {
  return withoutControls(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
