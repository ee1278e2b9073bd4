import { expect, test } from "vitest";
import { openSessionStore, parseSessionKey } from "../src/index.ts";
import type { SessionRecordPatch } from "../src/index.ts";
import { tempFolder } from "./temp-session.ts";

const key = "agent:main:main";

test.each<readonly [string, unknown, string]>([
  ["a session id that is a number", { sessionId: 5 }, "INVALID_KEY"],
  ["a session id that is a list", { sessionId: ["a"] }, "INVALID_KEY"],
  ["a session file that is a number", { sessionFile: 5 }, "INVALID_RECORD"],
  ["a promise of fields", Promise.resolve({ label: "later" }), "INVALID_RECORD"],
  ["a text", "label", "INVALID_RECORD"],
  ["null", null, "INVALID_RECORD"],
])("a change that is %s is refused, and the record stays as it was", async (_, patch, code) => {
  const store = openSessionStore(tempFolder());
  const before = await store.ensure(key);
  const change = (of: string) => store.update(of, () => patch as SessionRecordPatch);

  await expect(change(key)).rejects.toMatchObject({ code });
  await expect(change("agent:main:other")).rejects.toMatchObject({ code });
  expect(await store.list()).toEqual([before]);
  expect(await store.get(key)).toEqual(before);
});

test("what is no text is no session key", async () => {
  const store = openSessionStore(tempFolder());

  await expect(store.ensure(5 as unknown as string)).rejects.toMatchObject({ code: "INVALID_KEY" });
  expect(() => parseSessionKey(null as unknown as string)).toThrow(
    expect.objectContaining({ code: "INVALID_KEY" }),
  );
});
