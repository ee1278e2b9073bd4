import { onSessionTranscriptUpdate } from "@session-lock/transcript";
import type { Logger } from "pino";
import type { Hub } from "../connection/hub.ts";
import { MessageNews } from "./session-messages.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** Tells clients of every open session whose transcript changes through this process. Returns the way to stop it. */
export function tellOfChanges(sessions: Pick<Sessions, "live">, hub: Hub, log: Logger): () => void {
  const news = new MessageNews(hub);
  return onSessionTranscriptUpdate(({ sessionFile, entries }) => {
    const session = sessions.live().find(({ transcript }) => transcript.sessionFile === sessionFile);
    if (session === undefined) return;
    const { sessionKey, transcript } = session;
    hub.sessionChanged({
      sessionKey,
      sessionId: transcript.sessionId,
      reason: "message",
      ts: Date.now(),
    });
    if (!hub.hasFollowers(sessionKey)) return;
    news
      .tell(session, entries)
      .catch((error: unknown) => log.warn({ err: error }, "telling of messages failed"));
  });
}

/** Tells clients that the session has a problem, if it has one. That it is over, they are told with the next entry. */
export function tellOfProblem(
  { problem, sessionKey, transcript }: Pick<Session, "problem" | "sessionKey" | "transcript">,
  hub: Hub,
): void {
  if (problem === undefined) return;
  hub.sessionChanged({ sessionKey, sessionId: transcript.sessionId, reason: "problem", ts: Date.now() });
}
