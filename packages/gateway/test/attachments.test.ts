import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { PNG, pngOf } from "./images.ts";
import { ScriptedRunner } from "./scripted-runner.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";
import { readEntries, sessionFileOf } from "./transcript-file.ts";

const sessionKey = "agent:main:main";
const MIB = 1024 * 1024;

function send(client: TestClient, attachments: object[], message = "look"): Promise<object> {
  return client.request("chat.send", { sessionKey, message, attachments, idempotencyKey: "run-1" });
}

test("an image is given to the runner and stored with the message, under the type that its bytes tell", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner });
  await using client = await TestClient.connect(gateway.url);

  await send(client, [{ type: "image", mimeType: "text/html", fileName: "../a.html", content: PNG }]);
  const run = await runner.started("run-1");
  run.finish();
  await client.terminal("run-1");

  const content = [
    { type: "text", text: "look" },
    { type: "image", data: PNG, mimeType: "image/png" },
  ];
  expect(run.request.messages).toMatchObject([{ role: "user", content }]);
  const entries = await readEntries(await sessionFileOf(dir.path, sessionKey));
  expect(entries.filter((entry) => entry.type === "message")).toMatchObject([{ message: { content } }]);
});

test("the history tells the size of an image, and the single message has all of it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await send(client, [{ content: `data:image/png;base64,${PNG}` }], "");
  await client.terminal("run-1");
  const history = await client.request("chat.history", { sessionKey });
  const [first] = history["messages"] as { __openclaw: { id: string } }[];
  const whole = await client.request("chat.message.get", { sessionKey, messageId: first?.__openclaw.id });

  expect(first).toMatchObject({
    role: "user",
    content: [{ type: "image", mimeType: "image/png", omitted: true, bytes: expect.any(Number) as number }],
  });
  expect(whole).toMatchObject({ message: { content: [{ type: "image", data: PNG }] } });
});

test("an image of exactly five megabytes is taken", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  await using client = await TestClient.connect(gateway.url);

  await send(client, [{ content: pngOf(5 * MIB) }]);
  await client.terminal("run-1");

  const history = await client.request("chat.history", { sessionKey });
  expect(history).toMatchObject({ messages: [{ content: [{}, { bytes: 5 * MIB }] }, {}] });
});

test("the image of a message that waits is on disk and not in the history", async () => {
  await using dir = await temporaryStateDir();
  const runner = new ScriptedRunner();
  await using gateway = await startTestGateway(dir.path, { runner, drainMs: 0 });
  await using client = await TestClient.connect(gateway.url);

  await client.send("main", "first", "run-0");
  await runner.started("run-0");
  await send(client, [{ content: PNG }]);
  const history = await client.request("chat.history", { sessionKey });

  const image = { type: "image", mimeType: "image/png", omitted: true };
  expect(history).toMatchObject({ pendingInputs: { items: [{ message: { content: [{}, image] } }] } });
  expect(JSON.stringify(history)).not.toContain(PNG);
  const entries = await readEntries(await sessionFileOf(dir.path, sessionKey));
  expect(entries.at(-1)).toMatchObject({ data: { runId: "run-1", images: [{ data: PNG }] } });
});

test.each([
  [
    "a page that claims to be an image",
    [{ mimeType: "image/png", content: btoa("<svg onload=alert(1)>") }],
    "UNSUPPORTED_ATTACHMENT",
  ],
  ["a program", [{ content: btoa("\u007fELF\u0002\u0001") }], "UNSUPPORTED_ATTACHMENT"],
  ["what is not base64", [{ content: "%%%%" }], "INVALID_ATTACHMENT"],
  ["nothing", [{ content: "" }], "INVALID_ATTACHMENT"],
  ["a path", [{ content: "/etc/passwd" }], "INVALID_ATTACHMENT"],
  ["more than five megabytes", [{ content: pngOf(5 * MIB + 1) }], "ATTACHMENT_TOO_LARGE"],
  [
    "more than ten megabytes together",
    [1, 2, 3].map(() => ({ content: pngOf(4 * MIB) })),
    "ATTACHMENTS_TOO_LARGE",
  ],
  ["nine of them", Array.from({ length: 9 }, () => ({ content: PNG })), "TOO_MANY_ATTACHMENTS"],
])(
  "an attachment that is %s is refused with its own code, and nothing of it is kept",
  async (_what, attachments, code) => {
    await using dir = await temporaryStateDir();
    await using gateway = await startTestGateway(dir.path);
    await using client = await TestClient.connect(gateway.url);

    await expect(send(client, attachments)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      details: { code },
    });
    expect(await client.request("sessions.list")).toMatchObject({ count: 0 });
  },
);
