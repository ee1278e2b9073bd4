import { openSessionStore, type SessionRecord } from "@session-lock/transcript";
import { pino } from "pino";
import { expect, test } from "vitest";
import { Hub } from "../../src/connection/hub.ts";
import { Peers } from "../../src/lane/peers.ts";
import { RunBoard } from "../../src/run/run-board.ts";
import { createEchoRunner } from "../../src/runners/echo.ts";
import { Sessions } from "../../src/session/sessions.ts";
import { storePathOf, temporaryStateDir } from "../temporary-gateway.ts";

const KEY = "agent:main:main";

test("a look at what the key stands for that a reset overtakes lets nothing go of the new session", async () => {
  await using dir = await temporaryStateDir();
  const store = openSessionStore(storePathOf(dir.path));
  const peers = await Peers.join(dir.path, "one"); // nobody has looked yet, so there may be others
  // While there is a hold, the store answers with what it has read only when that is let go.
  let hold: Promise<void> | undefined;
  let isRead = (): void => undefined;
  const reading = new Promise<void>((resolve) => (isRead = resolve));
  const slow = new Proxy(store, {
    get: (target, name) => {
      if (name !== "get") return Reflect.get(target, name) as unknown;
      return async (key: string): Promise<SessionRecord | undefined> => {
        const held = hold;
        const record = await target.get(key);
        if (held !== undefined) isRead();
        await held;
        return record;
      };
    },
  });
  const setup = { agentId: "main", runner: createEchoRunner(), hub: new Hub(), board: new RunBoard() };
  const about = { log: pino({ level: "silent" }), peers, name: "one", storePath: store.storePath };
  const sessions = new Sessions(slow, { ...setup, ...about });
  await sessions.ensure(KEY, () => undefined);

  let letGo = (): void => undefined;
  hold = new Promise<void>((resolve) => (letGo = resolve));
  const call = sessions.ensure(KEY, () => undefined);
  await reading;
  hold = undefined;
  const old = sessions.peek(KEY);
  await sessions.reset(KEY);
  await sessions.ensure(KEY, () => undefined);
  const renewed = sessions.peek(KEY);
  letGo();
  await call;

  expect(renewed).not.toBe(old);
  expect(sessions.peek(KEY)).toBe(renewed);
  await sessions.drain(0);
  await peers.close();
});
