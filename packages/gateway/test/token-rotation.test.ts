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
