import { Type } from "@sinclair/typebox";
import { AgentsListResult, ChatMetadataResult } from "./catalogue.ts";
import { ChatHistoryResult } from "./chat-history.ts";
import { closed } from "./fields.ts";

const StartupFacts = Type.Object({ agentsList: AgentsListResult, metadata: ChatMetadataResult }, closed);

/** `chat.startup`: what `chat.history` answers, and what else a client asks for first. */
const [page, news, reset] = ChatHistoryResult.anyOf;
export const ChatStartupResult = Type.Union([
  Type.Composite([page, StartupFacts], closed),
  Type.Composite([news, StartupFacts], closed),
  Type.Composite([reset, StartupFacts], closed),
]);
