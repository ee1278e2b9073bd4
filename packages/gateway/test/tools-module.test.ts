import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { runGateway, spawnGateway } from "./gateway-process.ts";
import { startModelServer } from "./model-server.ts";
import { temporaryStateDir } from "./temporary-gateway.ts";

const TOOLS = `
  export default [
    {
      name: "double",
      description: "Doubles a number.",
      parameters: { type: "object", properties: { number: { type: "number" } } },
      run: async ({ number }) => String(number * 2),
    },
  ];
`;

test("the model of a served gateway calls the tools of a module that its configuration names", async () => {
  await using server = await startModelServer(({ messages }) =>
    messages.at(-1)?.["role"] === "tool"
      ? { kind: "text", words: ["It is 42."] }
      : { kind: "tools", calls: [{ id: "call_1", name: "double", args: '{"number":21}' }] },
  );
  await using dir = await temporaryStateDir();
  const config = join(dir.path, "settings.json");
  await writeFile(join(dir.path, "tools.js"), TOOLS);
  const service = { runner: "openai-compatible", model: "small", baseUrl: server.baseUrl };
  await writeFile(config, JSON.stringify({ ...service, tools: "./tools.js" }));
  await using gateway = await spawnGateway(dir.path, {}, ["--port", "0", "--config", config]);
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "twice 21?", "run-1");
  const final = await client.terminal("run-1");
  const catalog = await client.request("tools.catalog");

  expect(final).toMatchObject({ state: "final", message: { content: [{ text: "It is 42." }] } });
  expect(server.requests[0]?.tools).toMatchObject([{ function: { name: "double" } }]);
  expect(server.requests[1]?.messages.at(-1)).toMatchObject({ role: "tool", content: "42" });
  expect(catalog).toMatchObject({
    groups: [{ tools: [{ id: "double", description: "Doubles a number." }] }],
  });
});

const NAMED = 'name: "a", description: "x", parameters: {}';

test.each([
  ["nothing", "", "its default export must be a list of tools"],
  ["a syntax error", "export default [", "it cannot be loaded: "],
  ["a tool without a function", `export default [{ ${NAMED} }]`, "tool 1: at /run: Expected function"],
  [
    "a name that no provider takes",
    'export default [{ name: "a b", description: "x", parameters: {}, run() {} }]',
    "tool 1: at /name: ",
  ],
  [
    "one name for two",
    `export default [{ ${NAMED}, run() {} }, { ${NAMED}, run() {} }]`,
    "there are two tools with the name a",
  ],
])("a tools module with %s keeps the gateway from starting, in one line", async (_what, text, problem) => {
  await using dir = await temporaryStateDir();
  const module = join(dir.path, "tools.mjs");
  await writeFile(module, text);

  const exit = await runGateway(["--port", "0", "--runner", "openai", "--model", "m", "--tools", module], {
    SESSION_LOCK_HOME: dir.path,
  });

  expect(exit).toMatchObject({ code: 1, stdout: "" });
  expect(exit.stderr.trimEnd().split("\n")).toEqual([
    expect.stringContaining(`session-gateway: the tools ${module}: ${problem}`),
  ]);
});

test("a configuration file that was only found in the working folder runs no code", async () => {
  await using dir = await temporaryStateDir();
  await writeFile(join(dir.path, "tools.mjs"), 'console.log("run"); export default [];');
  const settings = { runner: "openai", model: "m", tools: "./tools.mjs" };
  await writeFile(join(dir.path, "session-lock.config.json"), JSON.stringify(settings));

  const env = { SESSION_LOCK_HOME: dir.path };
  const found = await runGateway(["--port", "0"], env, dir.path);

  expect(found).toMatchObject({ code: 1, stdout: "" });
  expect(found.stderr).toContain("at /tools: code is run only for a file that is named");
});

test("tools for the echo runner are refused: nobody would call them", async () => {
  await using dir = await temporaryStateDir();

  const exit = await runGateway(["--tools", "tools.js"], { SESSION_LOCK_HOME: dir.path });

  expect(exit).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the echo runner takes no tools") as string,
  });
});
