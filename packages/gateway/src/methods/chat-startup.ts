import { ChatMetadataResult } from "../protocol/catalogue.ts";
import { ChatHistoryParams } from "../protocol/chat-history.ts";
import { ChatStartupResult } from "../protocol/chat-startup.ts";
import { ChatMetadataParams } from "../protocol/chat.ts";
import { agentsList } from "./agents-list.ts";
import { chatHistory } from "./chat-history.ts";
import { commandsList } from "./commands-list.ts";
import { defineMethod } from "./method.ts";
import { modelsList } from "./models-list.ts";

/** `chat.startup`: what a client asks for first, in one call. */
export const chatStartup = defineMethod({
  name: "chat.startup",
  summary:
    "`chat.history` with the answer of `agents.list` in `agentsList` and of `chat.metadata` in `metadata`.",
  scope: "operator.read",
  params: ChatHistoryParams,
  result: ChatStartupResult,
  async handle(params, services, call) {
    const history = await chatHistory.call(params, services, call);
    const agents = await agentsList.call({}, services, call);
    return { ...history, agentsList: agents, metadata: await chatMetadata.call({}, services, call) };
  },
});

/** `chat.metadata`: what a message field offers. */
export const chatMetadata = defineMethod({
  name: "chat.metadata",
  summary: "The models and commands there are: the answers of `models.list` and `commands.list` together.",
  scope: "operator.read",
  params: ChatMetadataParams,
  result: ChatMetadataResult,
  async handle(_params, services, call) {
    const models = await modelsList.call({}, services, call);
    return { ...models, ...(await commandsList.call({}, services, call)) };
  },
});
