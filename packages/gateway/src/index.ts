export { GatewayError, type GatewayErrorCode, type GatewayErrorFacts } from "./errors.ts";
export { startGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
export type { AgentTool } from "./runners/agent-tool.ts";
export { createAiSdkRunner, type AiSdkRunnerOptions } from "./runners/ai-sdk/ai-sdk.ts";
export type { AiProvider, AiService } from "./runners/ai-sdk/open-model.ts";
export { createEchoRunner } from "./runners/echo.ts";
export type {
  AgentEvent,
  AgentRunner,
  AgentRunRequest,
  AgentToolCall,
  AgentToolResult,
} from "./runners/runner.ts";
