import { request } from "node:http";
import { expect, test } from "vitest";
import { rawHttp } from "./raw-http.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

/** The status of a request that `fetch` would not send. */
function statusOf(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}

test("the health and readiness pages answer in JSON", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const healthz = await fetch(`${gateway.url}healthz`);
  const readyz = await fetch(`${gateway.url}readyz`);

  expect([healthz.status, await healthz.json()]).toEqual([200, { ok: true, status: "live" }]);
  expect([readyz.status, await readyz.json()]).toEqual([200, { ok: true, status: "ready" }]);
});

test("what does not exist is a 404 and what cannot be done is a 405, both in JSON", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const missing = await fetch(`${gateway.url}api/config`);
  const posted = await fetch(`${gateway.url}healthz`, { method: "POST", body: "{}" });

  expect([missing.status, await missing.json()]).toEqual([404, { error: "not found" }]);
  expect([posted.status, await posted.json()]).toEqual([405, { error: "method not allowed" }]);
});

test.each(["healthz", "no/such/page"])("every answer forbids what a page must not do: %s", async (path) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  const { headers } = await fetch(`${gateway.url}${path}`);

  expect(headers.get("content-security-policy")).toContain("default-src 'self'");
  expect(headers.get("content-security-policy")).not.toContain("unsafe");
  // Some browsers take 'self' for http: only.
  const { host } = new URL(gateway.url);
  expect(headers.get("content-security-policy")).toContain(`connect-src 'self' ws://${host} wss://${host}`);
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("access-control-allow-origin")).toBeNull();
});

test.each([
  ["a foreign origin", { origin: "http://evil.example" }, 403],
  ["a foreign host", { host: "rebind.evil.example" }, 403],
  ["our own names", { host: "localhost:PORT" }, 200],
])("a request with %s gets %o", async (_name, headers, status) => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const { port } = new URL(gateway.url);
  const sent = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace("PORT", port)]),
  );

  expect(await statusOf(`${gateway.url}healthz`, sent)).toBe(status);
});

test("a credential in the URL is refused", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  expect((await fetch(`${gateway.url}healthz?token=secret`)).status).toBe(400);
});

test("request lines that are no paths are answered", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);

  expect((await fetch(`${gateway.url}//`)).status).toBe(404);
  expect((await fetch(`${gateway.url}%00`)).status).toBeLessThan(500);
  expect((await fetch(`${gateway.url}healthz`)).status).toBe(200);
});

test("where other machines reach it, an address is a good host name and an unknown name is not", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path, { host: "0.0.0.0", token: "secret" });
  const local = gateway.url.replace("0.0.0.0", "127.0.0.1");

  expect(await statusOf(`${local}healthz`, { host: "192.0.2.7:18789" })).toBe(200);
  expect(await statusOf(`${local}healthz`, { host: "rebind.evil.example" })).toBe(403);
});

test("a request that offers HTTP/2, as Java's client does each time, is answered without it", async () => {
  await using dir = await temporaryStateDir();
  await using gateway = await startTestGateway(dir.path);
  const body = JSON.stringify({ messages: [{ role: "user", content: "hello" }] });

  const answer = await rawHttp(gateway.url, [
    "POST /v1/chat/completions HTTP/1.1",
    `Host: ${new URL(gateway.url).host}`,
    "Connection: close, Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "",
    body,
  ]);

  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer).toContain('"content":"echo: hello"');
});
