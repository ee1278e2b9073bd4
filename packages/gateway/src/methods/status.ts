import { NoParams } from "../protocol/sessions.ts";
import { defineMethod } from "./method.ts";

/** `status`: what the gateway is busy with. */
export const status = defineMethod({
  name: "status",
  summary: "What the gateway is busy with.",
  scope: "operator.read",
  params: NoParams,
  handle(_params, { sessions, hub, version, startedAt }) {
    const live = sessions.live();
    return {
      version,
      uptimeMs: Date.now() - startedAt,
      draining: sessions.draining,
      connections: hub.size,
      openSessions: live.length,
      activeRuns: live.filter((session) => session.activeRunId !== undefined).length,
      queuedRuns: live.reduce((sum, session) => sum + session.queueLength, 0),
    };
  },
});
