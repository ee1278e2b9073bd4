import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestClient } from "./client.ts";
import { tokenIn } from "../src/config/token-file.ts";
import { startTestGateway, temporaryStateDir } from "./temporary-gateway.ts";

test("a new token in the file closes the connections of the old one, and only the new one gets in", async () => {
  await using dir = await temporaryStateDir();
  const file = join(dir.path, "token");
  writeFileSync(file, "first\n", { mode: 0o600 });
  await using gateway = await startTestGateway(dir.path, { token: tokenIn(file) });
  await using calls = await TestClient.connect(gateway.url, { token: "first" });
  await using listens = await TestClient.connect(gateway.url, { token: "first" });
  await calls.request("health");

  writeFileSync(file, "second\n");

  await expect(calls.request("health")).rejects.toThrow();
  expect(await listens.closed()).toMatchObject({ code: 1008 });
  await expect(TestClient.connect(gateway.url, { token: "first" })).rejects.toThrow();
  await using again = await TestClient.connect(gateway.url, { token: "second" });
  expect(await again.request("health")).toMatchObject({ ok: true });
  const metrics = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(new URL("metrics", gateway.url), { headers })).status;
  };
  expect([await metrics("first"), await metrics("second")]).toEqual([401, 200]);
});

test("while the file with the token is gone nobody gets in, and without one the gateway does not start", async () => {
  await using dir = await temporaryStateDir();
  const file = join(dir.path, "token");
  expect(() => tokenIn(file)).toThrow(expect.objectContaining({ code: "INVALID_CONFIG" }));
  writeFileSync(file, "first\n", { mode: 0o600 });
  await using gateway = await startTestGateway(dir.path, { token: tokenIn(file) });

  rmSync(file);

  for (const token of ["first", "", "undefined"])
    await expect(TestClient.connect(gateway.url, { token })).rejects.toThrow();
});

test("while a token's function throws or gives no token nobody gets in, and the gateway goes on", async () => {
  await using dir = await temporaryStateDir();
  let token = (): unknown => "first";
  await using gateway = await startTestGateway(dir.path, { token: () => token() as string });
  await using listens = await TestClient.connect(gateway.url, { token: "first" });
  const statuses: number[] = [];

  for (const broken of [sealed, () => undefined, () => "", () => 5]) {
    token = broken;
    for (const presented of ["first", "5"])
      await expect(TestClient.connect(gateway.url, { token: presented })).rejects.toThrow();
    statuses.push((await fetch(new URL("metrics", gateway.url))).status);
  }

  expect(statuses).toEqual([401, 401, 401, 401]);
  expect(await listens.closed()).toMatchObject({ code: 1008 });
  expect((await fetch(new URL("healthz", gateway.url))).status).toBe(200);
});

test.each([
  ["throws", sealed, "the token cannot be read"],
  ["gives none", () => undefined as unknown as string, "the token must be a text"],
  ["gives an empty one", () => "", "the token is empty"],
])("a gateway whose token's function %s does not start", async (_what, token, message) => {
  await using dir = await temporaryStateDir();

  const starting = startTestGateway(dir.path, { token });

  await expect(starting).rejects.toMatchObject({ code: "INVALID_CONFIG", message });
});

function sealed(): string {
  throw new Error("the vault is sealed");
}
