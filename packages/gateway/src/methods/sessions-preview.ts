import { readHistory } from "../session/history.ts";
import { textOf } from "../session/message-text.ts";
import { SessionsPreviewParams } from "../protocol/sessions.ts";
import { SessionsPreviewResult, type Preview } from "../protocol/session-results.ts";
import { toSessionKey } from "../session/session-key.ts";
import { defineMethod } from "./method.ts";

const DEFAULT_LIMIT = 12;
const MAX_LIMIT = 100;
const DEFAULT_MAX_CHARS = 240;
const MAX_CHARS = 10_000;

/** `sessions.preview`: the last words of several sessions. */
export const sessionsPreview = defineMethod({
  name: "sessions.preview",
  summary:
    "The newest messages of up to 64 sessions, cut short: `limit` (12) messages of `maxChars` (240) each.",
  scope: "operator.read",
  params: SessionsPreviewParams,
  result: SessionsPreviewResult,
  async handle({ keys, limit = DEFAULT_LIMIT, maxChars = DEFAULT_MAX_CHARS }, { sessions }) {
    const previews: Preview[] = [];
    // One after the other: many sessions opened at once would push each other out.
    for (const key of keys) {
      const page = { limit: Math.min(limit, MAX_LIMIT), offset: 0, maxChars: Math.min(maxChars, MAX_CHARS) };
      const rows = await sessions.find(toSessionKey(key), async ({ transcript }) => {
        return readHistory(await transcript.branch(), page).messages;
      });
      const items = (rows ?? []).map((row) => ({ role: String(row["role"]), text: textOf(row) }));
      const status = rows === undefined ? "missing" : items.length === 0 ? "empty" : "ok";
      previews.push({ key, status, items });
    }
    return { ts: Date.now(), previews };
  },
});
