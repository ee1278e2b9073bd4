import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { acquireSessionWriteLock } from "session-lock";
import { expect, test, vi } from "vitest";
import { defaultStorePath, openSessionStore, parseSessionKey, type SessionRecord } from "../src/index.ts";
import { tempFolder } from "./temp-session.ts";
import { startWorker } from "./worker.ts";

const key = "agent:main:main";

test("a record is made once, with a session id and a file of its own", async () => {
  const store = openSessionStore(path.join(tempFolder(), "sessions"));

  expect(await store.get(key)).toBeUndefined();
  const made = await Promise.all(Array.from({ length: 5 }, () => store.ensure("main")));
  const other = await store.ensure("agent:main:other");

  expect(new Set(made.map(({ sessionId }) => sessionId)).size).toBe(1);
  expect(made[0]).toMatchObject({
    sessionKey: key,
    sessionFile: path.join(store.storePath, `${made[0]?.sessionId ?? ""}.jsonl`),
  });
  expect(other.sessionId).not.toBe(made[0]?.sessionId);
  expect((await store.list()).map(({ sessionKey }) => sessionKey)).toEqual(["agent:main:other", key]);
});

test("an update changes what it names, keeps what it does not know, and takes away what it sets to undefined", async () => {
  const store = openSessionStore(tempFolder());
  const made = await store.update(key, () => ({ label: "first", modelOverride: "m1", deep: { a: [1] } }));

  const changed = await store.update(key, (record) => ({
    label: `${record?.label ?? ""} and more`,
    modelOverride: undefined,
  }));
  const untouched = await store.update(key, () => undefined);

  expect(changed).toEqual({
    ...made,
    label: "first and more",
    modelOverride: undefined,
    updatedAt: changed?.updatedAt,
    groupVersions: changed?.groupVersions,
  });
  expect(changed).not.toHaveProperty("modelOverride");
  expect(changed?.updatedAt).toBeGreaterThan(made?.updatedAt ?? Infinity);
  expect(untouched).toEqual(changed);
  expect(await store.get(key)).toEqual(changed);
});

test("a mutator that throws changes nothing and leaves no file behind", async () => {
  const store = openSessionStore(tempFolder());
  const made = await store.ensure(key);
  const failing = store.update(key, () => {
    throw new Error("no");
  });

  await expect(failing).rejects.toThrow("no");
  await expect(store.update(key, () => ({ size: 1n }))).rejects.toMatchObject({ code: "INVALID_RECORD" });
  const huge = store.update(key, () => ({ label: "x".repeat(2 ** 20) }));
  await expect(huge).rejects.toMatchObject({ code: "INVALID_RECORD" });

  expect(await store.get(key)).toEqual(made);
  expect(readdirSync(store.storePath).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("patches of different fields by several processes all survive", async () => {
  const store = openSessionStore(tempFolder());
  await store.ensure(key);
  const fields = ["model", "thinking", "usage"];
  const workers = fields.map((field) => startWorker("patch-record.js", [store.storePath, key, field, "40"]));
  await Promise.all(workers.map((worker) => worker.next()));

  for (const worker of workers) worker.send("go");
  await Promise.all(workers.map((worker) => worker.rest()));

  expect(await store.get(key)).toMatchObject({ model: 40, thinking: 40, usage: 40, total: 120 });
});

test("a change that was decided on a record survives changes of other fields, and is refused where its own changed", async () => {
  const store = openSessionStore(tempFolder());
  const expectedRecord = await store.update(key, () => ({ label: "a", modelOverride: "m1", totalTokens: 1 }));
  await store.update(key, () => ({ label: "b", totalTokens: 2 }));

  const model = await store.update(key, () => ({ modelOverride: "m2" }), { expectedRecord });
  const stale = store.update(key, () => ({ totalTokens: 3, thinkingLevel: "high" }), { expectedRecord });
  await expect(stale).rejects.toMatchObject({ code: "CONFLICT", groups: ["usage"] });
  const provider = store.update(key, () => ({ providerOverride: "p" }), { expectedRecord });
  await expect(provider).rejects.toMatchObject({ code: "CONFLICT", groups: ["override"] });
  const fresh = await store.update(key, () => ({ providerOverride: "p" }), { expectedRecord: model });

  expect(fresh).toMatchObject({ label: "b", modelOverride: "m2", providerOverride: "p", totalTokens: 2 });
  expect(fresh).not.toHaveProperty("thinkingLevel");
});

test("a field that is called like a group is one of its own all the same", async () => {
  const store = openSessionStore(tempFolder());
  const fields = { session: "a", usage: "b", "*": "c" };
  const expectedRecord = await store.update(key, () => fields);
  await store.update(key, () => ({ inputTokens: 1, "*": "d" }));

  const changed = await store.update(key, () => ({ usage: "e", note: "f" }), { expectedRecord });
  const after = await store.update(key, () => ({ session: undefined }));

  expect(changed).toMatchObject({ session: "a", usage: "e", "*": "d", note: "f", inputTokens: 1 });
  expect(after).not.toHaveProperty("session");
  const stale = store.update(key, () => ({ usage: "g" }), { expectedRecord });
  await expect(stale).rejects.toMatchObject({ code: "CONFLICT", groups: ["field usage"] });
});

test("a record that was deleted and made again is another one, whatever is in it", async () => {
  const store = openSessionStore(tempFolder());
  const create = () => store.update(key, () => ({ sessionId: "same" }), { expectedRecord: undefined });
  const expectedRecord = await create();
  await expect(create()).rejects.toMatchObject({ code: "CONFLICT" });
  await store.delete(key);
  const label = () => store.update(key, () => ({ label: "x" }), { expectedRecord });
  await expect(label()).rejects.toMatchObject({ code: "CONFLICT" });
  await create();

  await expect(label()).rejects.toMatchObject({ code: "CONFLICT", groups: ["label"] });
  expect(await store.get(key)).not.toHaveProperty("label");
});

test("what the store says of a record is not for a patch to set", async () => {
  const store = openSessionStore(tempFolder());
  const made = await store.ensure(key);

  const after = await store.update(key, () => ({
    sessionKey: "agent:main:other",
    createdAt: 1,
    updatedAt: 2,
    groupVersions: { label: 3 },
  }));

  expect(after).toEqual({ ...made, updatedAt: after?.updatedAt });
  expect(after?.updatedAt).toBeGreaterThan(made.updatedAt);
});

test("a record of earlier times is made with its times, and never with one to come", async () => {
  const store = openSessionStore(tempFolder());
  const future = Date.now() + 1e9;

  const old = await store.update(key, () => ({ createdAt: 1, updatedAt: 2 }));
  const odd = await store.update("agent:main:odd", () => ({ createdAt: "then", updatedAt: future }));

  expect(old).toMatchObject({ createdAt: 1, updatedAt: 2 });
  expect(odd?.createdAt).toBeGreaterThan(2);
  expect(odd?.updatedAt).toBeLessThan(future);
});

test("compare and swap by several processes loses nothing, and only those that change the same group meet", async () => {
  const store = openSessionStore(tempFolder());
  await store.update(key, () => ({ modelOverride: "kept" }));
  const workers = ["totalTokens", "totalTokens", "totalTokens", "thinkingLevel"].map((field) =>
    startWorker("swap-record.js", [store.storePath, key, field, "25"]),
  );
  await Promise.all(workers.map((worker) => worker.next()));

  for (const worker of workers) worker.send("go");
  const said = await Promise.all(workers.map((worker) => worker.rest()));

  expect(await store.get(key)).toMatchObject({ modelOverride: "kept", totalTokens: 75, thinkingLevel: 25 });
  // The one that is alone in its group never met anybody.
  expect(said.at(-1)).toEqual([]);
  expect(said.flat().filter((group) => group !== "usage")).toEqual([]);
});

test("a deleted key is forgotten", async () => {
  const store = openSessionStore(tempFolder());
  const made = await store.ensure(key);

  expect(await store.delete("main")).toBe(true);
  expect(await store.delete(key)).toBe(false);
  expect(await store.get(key)).toBeUndefined();
  expect((await store.ensure(key)).sessionId).not.toBe(made.sessionId);
});

test("what keeps a record from being deleted is looked at under the lock that it is deleted under", async () => {
  const store = openSessionStore(tempFolder());
  const { sessionFile } = await store
    .update(key, () => ({ archived: true }))
    .then((record) => {
      if (record === undefined) throw new Error("no record");
      return record;
    });
  await using writer = await acquireSessionWriteLock({ sessionFile, purpose: "somebody writes" });
  let looks = 0;
  const check = (record: SessionRecord): void => {
    looks += 1;
    if (record["archived"] !== true) throw new Error("it is in use again");
  };

  const deleting = store.delete(key, { check });
  const refusal = deleting.catch((error: unknown) => error);
  await expect.poll(() => looks).toBe(1);
  await store.update(key, () => ({ archived: undefined }));
  await writer.release();

  expect(await refusal).toMatchObject({ message: "it is in use again" });
  expect(await store.get(key)).toMatchObject({ sessionFile });
  expect(await store.delete(key, { check: () => undefined })).toBe(true);
});

test("a record that cannot be read fails alone", async () => {
  const store = openSessionStore(tempFolder());
  const good = await store.ensure("agent:main:good");
  await store.ensure(key);
  const [bad = ""] = recordFiles(store.storePath).filter(
    (name) => name !== recordFileOf(store.storePath, good.sessionId),
  );
  writeFileSync(path.join(store.storePath, bad), "{ half");
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();

  await expect(store.get(key)).rejects.toMatchObject({ code: "INVALID_RECORD" });
  expect(await store.list()).toEqual([good]);

  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(bad), { code: "INVALID_RECORD" });
  warn.mockRestore();
});

test("a store may be moved, and is private to the user", async () => {
  const folder = tempFolder();
  const before = openSessionStore(path.join(folder, "here"));
  const { sessionId } = await before.ensure(key);
  const [record = ""] = recordFiles(before.storePath);
  const modes = [before.storePath, path.join(before.storePath, record)].map(
    (file) => statSync(file).mode & 0o777,
  );

  renameSync(before.storePath, path.join(folder, "there"));
  const after = await openSessionStore(path.join(folder, "there")).get(key);

  expect(modes).toEqual([0o700, 0o600]);
  expect(after).toMatchObject({ sessionId, sessionFile: path.join(folder, "there", `${sessionId}.jsonl`) });
});

test.each([
  "",
  "other",
  "agent:",
  "agent:main",
  "agent:main:",
  "agent::main",
  "agent:../x:main",
  "agent:main:a\u0000b",
  "agent:main:a\nb",
  "agent:main:\ud800",
  `agent:main:${"x".repeat(512)}`,
])("%j is not a session key", async (bad) => {
  const store = openSessionStore(tempFolder());

  await expect(store.ensure(bad)).rejects.toMatchObject({ code: "INVALID_KEY" });

  expect(readdirSync(store.storePath)).toEqual([]);
});

test("keys are told apart, whatever they are made of", async () => {
  const store = openSessionStore(tempFolder());
  const keys = [
    "agent:main:a/b",
    "agent:main:a:b",
    "agent:main:a b",
    "agent:main:A B",
    "agent:main:ä",
    "agent:main:../../x",
  ];

  for (const sessionKey of keys) await store.ensure(sessionKey);

  expect((await store.list()).map(({ sessionKey }) => sessionKey).sort()).toEqual([...keys].sort());
  expect(parseSessionKey("main")).toEqual({ sessionKey: key, agentId: "main" });
  expect(() => defaultStorePath("../x")).toThrow(expect.objectContaining({ code: "INVALID_KEY" }));
});

function recordFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".json"));
}

function recordFileOf(folder: string, sessionId: string): string | undefined {
  return recordFiles(folder).find((name) =>
    readFileSync(path.join(folder, name), "utf8").includes(sessionId),
  );
}
