import { absentFeatures } from "./absent-features.ts";
import { agentIdentity } from "./agent-identity.ts";
import { agentWait } from "./agent-wait.ts";
import { agent } from "./agent.ts";
import { agentsList } from "./agents-list.ts";
import { chatAbort } from "./chat-abort.ts";
import { chatHistory } from "./chat-history.ts";
import { chatInject } from "./chat-inject.ts";
import { chatMessageGet } from "./chat-message-get.ts";
import { chatReplay } from "./chat-replay.ts";
import { chatSend } from "./chat-send.ts";
import { chatMetadata, chatStartup } from "./chat-startup.ts";
import { commandsList } from "./commands-list.ts";
import { health } from "./health.ts";
import type { Method } from "./method.ts";
import { modelsList } from "./models-list.ts";
import { sessionsDelete } from "./sessions-delete.ts";
import { sessionsDescribe } from "./sessions-describe.ts";
import { sessionsInspect } from "./sessions-inspect.ts";
import { sessionsList } from "./sessions-list.ts";
import { sessionsMessages } from "./sessions-messages-subscribe.ts";
import { sessionsPatch } from "./sessions-patch.ts";
import { sessionsPreview } from "./sessions-preview.ts";
import { sessionsReset } from "./sessions-reset.ts";
import { sessionsSubscribe } from "./sessions-subscribe.ts";
import { sessionsTakeover } from "./sessions-takeover.ts";
import { status } from "./status.ts";
import { systemPresence } from "./system-presence.ts";
import { toolsCatalog } from "./tools-catalog.ts";

/** Every method that is served, by name. A Map: a method called `constructor` is simply unknown. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    agent,
    agentIdentity,
    agentWait,
    agentsList,
    chatAbort,
    chatHistory,
    chatInject,
    chatMessageGet,
    chatMetadata,
    chatReplay,
    chatSend,
    chatStartup,
    commandsList,
    health,
    modelsList,
    sessionsDelete,
    sessionsDescribe,
    sessionsInspect,
    sessionsList,
    ...sessionsMessages,
    sessionsPatch,
    sessionsPreview,
    sessionsReset,
    sessionsSubscribe,
    sessionsTakeover,
    status,
    systemPresence,
    toolsCatalog,
    ...absentFeatures,
  ].map((method) => [method.name, method]),
);

/** Every event that is sent, for hello-ok. */
export const EVENTS = [
  "agent",
  "chat",
  "connect.challenge",
  "session.message",
  "sessions.changed",
  "shutdown",
  "tick",
] as const;
