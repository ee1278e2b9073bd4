export { GatewayError, type GatewayErrorCode, type GatewayErrorFacts } from "./errors.ts";
export { startGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
export { createEchoRunner } from "./runners/echo.ts";
export type {
  AgentEvent,
  AgentRunner,
  AgentRunRequest,
  AgentToolCall,
  AgentToolResult,
} from "./runners/runner.ts";
