import { linkSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  chainEnd,
  closeChain,
  isOwner,
  leaveToOthers,
  publish,
  publishNew,
} from "../src/engines/claim-chain.ts";
import type { Vacancy } from "../src/engines/claim-chain.ts";
import { writeDraft } from "../src/engines/claim-draft.ts";
import type { Draft } from "../src/engines/claim-draft.ts";
import { leaveFolder } from "../src/engines/leave-folder.ts";
import { judge } from "../src/engines/lock-folder.ts";
import { identity } from "../src/owner.ts";
import { RecordWriter } from "../src/record.ts";
import { tempSession } from "./support/temp.ts";

const writer = new RecordWriter(identity(), "lockfile");

const epoch = 10 ** 15;

function record(nonce: string): Buffer {
  return writer.write(epoch, { purpose: undefined, where: undefined }, nonce);
}

function draft(folder: string, nonce: string): Draft {
  const written = writeDraft(folder, `claim-${nonce}`, nonce, record(nonce));
  if (written === undefined) throw new Error("there is no such folder");
  return written;
}

function claim(
  folder: string,
  successor: string,
  nonce: string,
  former?: Vacancy["former"],
): ReturnType<typeof publishNew> {
  return publishNew(folder, { successor, ...(former && { former }) }, nonce, record(nonce));
}

function newFolder(): string {
  const folder = `${tempSession()}.lock`;
  mkdirSync(folder);
  return folder;
}

describe("the claim chain", () => {
  test("has one owner: the second claim on the same place fails and leaves nothing", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");

    expect(first).toBeDefined();
    expect(claim(folder, "after-root", "two")).toBeUndefined();
    expect(readdirSync(folder).sort()).toEqual(["after-root"]);
    expect(chainEnd(folder)).toMatchObject({ successor: "after-one", record: { owner: { nonce: "one" } } });
  });

  test("moves on by takeover, and the former owner knows", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");
    const second = claim(folder, "after-one", "two");

    expect(first && isOwner(folder, first)).toBe(false);
    expect(second && isOwner(folder, second)).toBe(true);
  });

  test("gives no right to a slow taker whose dead owner's folder was replaced by a live one", () => {
    const folder = newFolder();
    claim(folder, "after-root", "dead");
    // A slow process has judged "dead" here, and goes to sleep. Others take over, leave, and a new owner comes.
    const swift = claim(folder, "after-dead", "swift");
    expect(swift && leaveFolder(folder, swift, epoch)).toBe(true);
    mkdirSync(folder);
    const live = claim(folder, "after-root", "live");

    const slow = claim(folder, "after-dead", "slow");

    expect(slow).toBeUndefined();
    expect(live && isOwner(folder, live)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["after-root"]);
  });

  test("is closed by an owner that leaves: nobody can succeed it any more", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");

    expect(first && leaveFolder(folder, first, epoch)).toBe(true);
    expect(chainEnd(folder)).toBeUndefined();
  });

  test("is left alone by an owner that has been succeeded", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");
    const second = claim(folder, "after-one", "two");

    expect(first && leaveFolder(folder, first, epoch)).toBe(false);
    expect(second && isOwner(folder, second)).toBe(true);
  });

  test("cannot be claimed in a folder that is gone", () => {
    const folder = newFolder();
    rmSync(folder, { recursive: true });

    expect(claim(folder, "after-root", "late")).toBeUndefined();
  });

  test("goes on in the place of an owner that has left it to others, so it stays short", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");
    if (first !== undefined) leaveToOthers(folder, first);

    const verdict = judge({ lockPath: folder, sessionFile: folder }, Infinity);
    expect(verdict).toMatchObject({ kind: "free", from: "nobody", successor: "after-one" });
    const second = claim(folder, "after-one", "two", { entry: "after-root", nonce: "one" });

    expect(second && isOwner(folder, second)).toBe(true);
    expect(first && isOwner(folder, first)).toBe(false);
    expect(readdirSync(folder)).toEqual(["after-root"]);
  });

  test("has no room behind an owner that closes it, even if that one had left it to others before", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");
    if (first !== undefined) leaveToOthers(folder, first);

    expect(first && closeChain(folder, first)).toBe(true);

    expect(claim(folder, "after-one", "two")).toBeUndefined();
    expect(judge({ lockPath: folder, sessionFile: folder }, Infinity)).toMatchObject({ kind: "busy" });
  });

  test("is not cut by a taker that was taken over before it found that it had got the lock", () => {
    const folder = newFolder();
    claim(folder, "after-root", "one");
    const slow = draft(folder, "slow");
    linkSync(path.join(folder, "claim-slow"), path.join(folder, "after-one"));
    const swift = claim(folder, "after-slow", "swift");

    expect(publish(folder, { successor: "after-one" }, slow, record("slow"))).toBeUndefined();
    expect(swift && isOwner(folder, swift)).toBe(true);
    expect(chainEnd(folder)).toMatchObject({ record: { owner: { nonce: "swift" } } });
    expect(readdirSync(folder)).not.toContain("claim-slow"); // else it could come into the chain once more, and make a ring of it
  });

  test("is walked to an end although somebody has made a ring of it, to which nobody is added", () => {
    const folder = newFolder();
    claim(folder, "after-root", "one");
    claim(folder, "after-one", "two");
    linkSync(path.join(folder, "after-root"), path.join(folder, "after-two"));

    expect(chainEnd(folder)?.record).toMatchObject({ kind: "ours" });
    expect(claim(folder, chainEnd(folder)?.successor ?? "", "three")).toBeUndefined();
  });

  test("knows its owner although the answer to its call got lost and the call was sent again, as on NFS", () => {
    const folder = newFolder();
    const own = draft(folder, "own");
    linkSync(path.join(folder, "claim-own"), path.join(folder, "after-root"));

    const published = publish(folder, { successor: "after-root" }, own, record("own"));

    expect(published && isOwner(folder, published)).toBe(true);
  });
});
