import { GatewayClient } from "@openclaw/gateway-client";

/** The published client, connected; it can also wait for the end of a run. */
export function connect(url) {
  const ended = new Set();
  const waiting = new Map();
  return new Promise((resolve, reject) => {
    const client = new GatewayClient({
      url: url.replace("http:", "ws:"),
      minProtocol: 4,
      maxProtocol: 4,
      onHelloOk: () => resolve({ request, untilTerminal, stop: () => client.stop() }),
      onConnectError: reject,
      onEvent: ({ event, payload }) => {
        if (event !== "chat" || payload.state === "delta") return;
        ended.add(payload.runId);
        waiting.get(payload.runId)?.();
      },
    });
    const request = (method, params) => client.request(method, params);
    const untilTerminal = (runId) =>
      new Promise((settle) => (ended.has(runId) ? settle() : waiting.set(runId, settle)));
    client.start();
  });
}
