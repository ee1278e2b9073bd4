import { NoParams, StatusResult } from "../protocol/catalogue.ts";
import { defineMethod } from "./method.ts";

/** `status`: what the gateway is busy with. */
export const status = defineMethod({
  name: "status",
  summary: "What the gateway is busy with.",
  scope: "operator.read",
  params: NoParams,
  result: StatusResult,
  handle(_params, { sessions, hub, version, uptimeMs }) {
    const live = sessions.live();
    return {
      version,
      uptimeMs: uptimeMs(),
      draining: sessions.draining,
      connections: hub.size,
      openSessions: live.length,
      activeRuns: live.filter((session) => session.activeRunId !== undefined).length,
      degradedSessions: live.filter(({ problem }) => problem !== undefined).length,
      queuedRuns: live.reduce((sum, session) => sum + session.queue.waiting.length, 0),
    };
  },
});
