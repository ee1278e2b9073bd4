import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

test("the metrics count runs, calls and connections", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "hello", "run-1");
  await client.terminal("run-1");
  await expect(client.request("made.up.by.a.client")).rejects.toThrow();
  const answer = await fetch(`${gateway.url}metrics`);
  const page = await answer.text();

  expect(answer.headers.get("content-type")).toContain("text/plain");
  const lines = page.split("\n");
  expect(lines).toContain('session_gateway_runs_total{state="final"} 1');
  expect(lines).toContain('session_gateway_runs_total{state="error"} 0');
  expect(lines).toContain("session_gateway_connections 1");
  expect(lines).toContain("session_gateway_open_sessions 1");
  expect(lines).toContain("session_gateway_active_runs 0");
  expect(lines).toContain('session_gateway_method_seconds_count{method="chat.send",outcome="ok"} 1');
  expect(lines).toContain('session_gateway_method_seconds_count{method="unknown",outcome="error"} 1');
  expect(page).toContain("process_resident_memory_bytes");
  // What a client writes must not become a figure: figures are kept for ever.
  expect(page).not.toContain("made.up.by.a.client");
});

test("with a token, the metrics are for those who present it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { token: "secret" });

  const without = await fetch(`${gateway.url}metrics`);
  const withIt = await fetch(`${gateway.url}metrics`, { headers: { authorization: "Bearer secret" } });

  expect([without.status, without.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  expect(withIt.status).toBe(200);
});
