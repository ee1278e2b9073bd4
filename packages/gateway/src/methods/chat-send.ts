import type { Static } from "@sinclair/typebox";
import { readAttachments } from "../session/attachments.ts";
import { branchChanged, type ExpectedLeaf } from "../session/expected-leaf.ts";
import { cleanText, normalText } from "../session/input-text.ts";
import { ChatSendParams, ChatSendResult, type Stopped } from "../protocol/chat.ts";
import type { Session } from "../session/session.ts";
import { refuseOtherSession } from "../session/session-identity.ts";
import { toSessionKey } from "../session/session-key.ts";
import { isStopText } from "../session/stop-text.ts";
import { defineMethod } from "./method.ts";

type Answer = Static<typeof ChatSendResult>;
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1_000;

/** `chat.send`: acknowledged when the input is on disk; the answer follows as `chat` events under its run id. */
export const chatSend = defineMethod({
  name: "chat.send",
  summary:
    "Takes a message in. Answered when it is on disk; the answer follows as `chat` events under its run id. `/stop` is no message: it stops the active run and what waits. A key that was sent before, in a message or in a stop, gets its answer again and does nothing. `timeoutMs` counts from when its run begins, or joins another one: that run is then stopped, for all that joined it.",
  scope: "operator.write",
  params: ChatSendParams,
  result: ChatSendResult,
  async handle(params, { sessions, stopTexts, stops, agentId }) {
    const { sessionId, idempotencyKey: runId, thinking, queueMode, timeoutMs = 0 } = params;
    const sessionKey = toSessionKey(params.sessionKey, params.agentId ?? agentId);
    const images = readAttachments(params.attachments ?? []);
    // An image says enough; without one there must be words.
    const message = (images.length > 0 ? normalText : cleanText)(params.message, "message");
    const stopped = stops.known(sessionKey, runId);
    if (stopped !== undefined) return stopped;
    const mayBeCommand = images.length === 0 && params.suppressCommandInterpretation !== true;
    if (mayBeCommand && isStopText(message, stopTexts)) {
      const answer = (stop: () => Promise<string[]>): Promise<Stopped> =>
        stops.answer(sessionKey, runId, stop);
      const stop = (session: Session): Promise<Answer> =>
        session.repeat(runId) ?? answer(() => session.abortEverywhere(undefined, "stop"));
      return (await sessions.find(sessionKey, stop)) ?? answer(() => Promise.resolve([]));
    }
    const input = {
      runId,
      message,
      ...(images.length === 0 ? {} : { images }),
      acceptedAt: Date.now(),
      ...(thinking === undefined ? {} : { thinking }),
      ...(queueMode === undefined ? {} : { queueMode }),
      ...(timeoutMs === 0 ? {} : { timeoutMs: Math.min(timeoutMs, MAX_TIMEOUT_MS) }),
    };
    const expected = expectedLeafOf(params);
    return sessions.ensure(sessionKey, (session) => {
      refuseOtherSession(sessionId, session.transcript.sessionId, expected && branchChanged);
      return session.accept(input, expected);
    });
  },
});

/** What steers is meant for the run that works now, wherever that has come to. */
function expectedLeafOf(params: Static<typeof ChatSendParams>): ExpectedLeaf | undefined {
  const { expectedLeafEntryId: entryId, sessionId, queueMode } = params;
  if (entryId === undefined || queueMode === "steer") return undefined;
  return { entryId, mayHaveGrown: sessionId !== undefined };
}
