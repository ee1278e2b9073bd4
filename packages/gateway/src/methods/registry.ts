import { agentsList } from "./agents-list.ts";
import { chatAbort } from "./chat-abort.ts";
import { chatHistory } from "./chat-history.ts";
import { chatInject } from "./chat-inject.ts";
import { chatSend } from "./chat-send.ts";
import { health } from "./health.ts";
import type { Method } from "./method.ts";
import { sessionsList } from "./sessions-list.ts";
import { sessionsPatch } from "./sessions-patch.ts";
import { sessionsSubscribe } from "./sessions-subscribe.ts";
import { status } from "./status.ts";

/** Every method that is served, by name. A Map: a method called `constructor` is simply unknown. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    agentsList,
    chatAbort,
    chatHistory,
    chatInject,
    chatSend,
    health,
    sessionsList,
    sessionsPatch,
    sessionsSubscribe,
    status,
  ].map((method) => [method.name, method]),
);

/** Every event that is sent, for hello-ok. */
export const EVENTS = ["agent", "chat", "connect.challenge", "sessions.changed", "shutdown", "tick"] as const;
