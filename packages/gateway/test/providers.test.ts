import { validate, type AssistantMessage } from "@session-lock/transcript";
import { describe, expect, test } from "vitest";
import { createAiSdkRunner, type AgentRunner, type AgentTool } from "../src/index.ts";
import { TestClient } from "./client.ts";
import { PROVIDER_SCRIPTS, type ProviderScript } from "./provider-scripts.ts";
import { startProvider, type ProviderServer } from "./provider-server.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { readEntries, sessionFileOf } from "./transcript-file.ts";

const weather: AgentTool = {
  name: "weather",
  description: "Tells the weather of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  run: (args) => Promise.resolve(`sunny in ${String(args["city"])}`),
};

function runnerOf({ provider }: ProviderScript, server: ProviderServer): AgentRunner {
  const service = { provider, baseUrl: `${server.url}/v1`, apiKey: "key-of-the-test", model: "small" };
  return createAiSdkRunner({ ...service, tools: [weather], maxRetries: 0 });
}

async function assistantsOf(stateDir: string): Promise<AssistantMessage[]> {
  const entries = await readEntries(await sessionFileOf(stateDir, "agent:main:main"));
  return entries.flatMap((entry) =>
    entry.type === "message" && entry.message.role === "assistant" ? [entry.message] : [],
  );
}

describe.each(PROVIDER_SCRIPTS)("$provider on its own wire format", (script) => {
  test("thinks, speaks, calls a tool and answers; all of it is stored, with the tokens it took", async () => {
    await using server = await startProvider((_request, count) => {
      return { kind: "stream", events: count === 1 ? script.calls : script.answers };
    });
    await using dir = await temporaryStateDir();
    await using gateway = await startTestGateway(dir.path, { runner: runnerOf(script, server) });
    await using client = await TestClient.connect(gateway.url);
    await client.request("sessions.patch", { key: "main", thinkingLevel: "low" });

    await client.send("main", "What is the weather in Rome?", "run-1");
    const final = await client.terminal("run-1");

    expect(final).toMatchObject({ state: "final", message: { content: [{ type: "text", text: "Sunny." }] } });
    expect(server.requests.map(({ path }) => path)).toEqual([
      expect.stringMatching(script.path) as string,
      expect.stringMatching(script.path) as string,
    ]);
    expect(JSON.stringify(server.requests[1]?.body)).toContain("sunny in Rome");
    const [calling, answering] = await assistantsOf(dir.path);
    const tokens = {
      input: script.usage.input,
      output: script.usage.output,
      cacheRead: script.usage.cacheRead,
    };
    expect(calling).toMatchObject({
      stopReason: "toolUse",
      content: [
        { type: "thinking", ...script.thought },
        { type: "text", text: "Looking." },
        { type: "toolCall", name: "weather", arguments: { city: "Rome" } },
      ],
      usage: tokens,
    });
    expect(answering).toMatchObject({ stopReason: "stop", usage: tokens });
    const report = await validate(await sessionFileOf(dir.path, "agent:main:main"));
    expect(report.findings.filter(({ severity }) => severity === "E")).toEqual([]);
  });

  test.each([
    [400, "messages: roles must alternate", "unknown"],
    [400, script.tooLong, "context_length"],
    [401, "the key is not valid", "unknown"],
    [429, "too many requests", "rate_limit"],
    [500, "internal error", "unknown"],
  ])(
    "status %i (%s) ends its run as %s, in the history, and the next message and session are answered",
    async (status, message, errorKind) => {
      await using server = await startProvider((_request, count) =>
        count === 1
          ? { kind: "refusal", status, body: script.refusal(message) }
          : { kind: "stream", events: script.answers },
      );
      await using dir = await temporaryStateDir();
      await using gateway = await startTestGateway(dir.path, { runner: runnerOf(script, server) });
      await using client = await TestClient.connect(gateway.url);

      await client.send("main", "first", "run-1");
      const refused = await client.terminal("run-1");
      await client.send("main", "second", "run-2");
      await client.send("agent:main:other", "third", "run-3");
      const after = await Promise.all([client.terminal("run-2"), client.terminal("run-3")]);

      expect(refused).toMatchObject({
        state: "error",
        errorKind,
        errorMessage: expect.stringContaining(message) as string,
      });
      expect(after).toMatchObject([{ state: "final" }, { state: "final" }]);
      expect(server.requests).toHaveLength(3);
      const [stored] = await assistantsOf(dir.path);
      expect(stored).toMatchObject({
        stopReason: "error",
        errorMessage: expect.stringContaining(message) as string,
      });
    },
  );
});
