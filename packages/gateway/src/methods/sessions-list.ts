import type { SessionRecord } from "@session-lock/transcript";
import type { Static } from "@sinclair/typebox";
import { keptFields } from "../session/kept-fields.ts";
import { SessionsListParams } from "../protocol/sessions.ts";
import { SessionsListResult } from "../protocol/session-results.ts";
import { defineMethod } from "./method.ts";

const MINUTE_MS = 60_000;

/** `sessions.list`: the conversations there are, the last used one first. */
export const sessionsList = defineMethod({
  name: "sessions.list",
  summary: "The sessions there are, the last used one first; archived ones only if they are asked for.",
  scope: "operator.read",
  params: SessionsListParams,
  result: SessionsListResult,
  async handle(params, { sessions, model: { provider: modelProvider, model } }) {
    const { limit, offset = 0, activeMinutes, agentId, label, search, archived = false } = params;
    const now = Date.now();
    const rows = (await sessions.list())
      .filter(() => mayMatch(params))
      .filter((record) => archived === "all" || (record["archived"] === true) === archived)
      .filter(({ sessionKey }) => agentId === undefined || sessionKey.startsWith(`agent:${agentId}:`))
      .filter((record) => label === undefined || record.label === label)
      .filter((record) => search === undefined || isFound(record, search.toLowerCase()))
      .filter(({ updatedAt }) => activeMinutes === undefined || updatedAt >= now - activeMinutes * MINUTE_MS)
      .sort((a, b) => b.updatedAt - a.updatedAt);
    const page = rows.slice(offset, limit === undefined ? undefined : offset + limit).map((record) => {
      const { sessionKey, sessionId, updatedAt } = record;
      const hasActiveRun = sessions.peek(sessionKey)?.activeRunId !== undefined;
      const facts = { sessionId, updatedAt, label: record.label, hasActiveRun };
      return { key: sessionKey, kind: "direct" as const, ...facts, ...keptFields(record) };
    });
    const defaults = { modelProvider, model };
    return { ts: now, count: page.length, totalCount: rows.length, defaults, sessions: page };
  },
});

/** Nothing here belongs to a person, was made by another session or has a dashboard. */
function mayMatch(params: Static<typeof SessionsListParams>): boolean {
  const { boardFace, creatorId, ownerId, involvingProfileId, spawnedBy } = params;
  return boardFace !== "dashboard" && [creatorId, ownerId, involvingProfileId, spawnedBy].every(isUnasked);
}

function isUnasked(filter: string | undefined): boolean {
  return filter === undefined;
}

function isFound({ sessionKey, label }: SessionRecord, needle: string): boolean {
  return [sessionKey, label ?? ""].some((text) => text.toLowerCase().includes(needle));
}
