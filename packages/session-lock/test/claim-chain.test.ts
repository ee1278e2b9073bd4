import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chainEnd, isOwner, publish } from "../src/engines/claim-chain.ts";
import { leaveFolder } from "../src/engines/lock-folder.ts";
import { identity } from "../src/owner.ts";
import { RecordWriter } from "../src/record.ts";
import { tempSession } from "./support/temp.ts";

const writer = new RecordWriter(identity(), "lockfile");

function claim(folder: string, successor: string, nonce: string): ReturnType<typeof publish> {
  return publish(
    folder,
    successor,
    nonce,
    writer.write(10 ** 15, { purpose: undefined, where: undefined }, nonce),
  );
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
    expect(readdirSync(folder).sort()).toEqual(["after-root", "claim-one"]);
    expect(chainEnd(folder)).toMatchObject({ successor: "after-one", record: { owner: { nonce: "one" } } });
  });

  test("moves on by takeover, and the former owner knows", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");
    const second = claim(folder, "after-one", "two");

    expect(first && isOwner(folder, "one", first)).toBe(false);
    expect(second && isOwner(folder, "two", second)).toBe(true);
  });

  test("gives no right to a slow taker whose dead owner's folder was replaced by a live one", () => {
    const folder = newFolder();
    claim(folder, "after-root", "dead");
    // A slow process has judged "dead" here, and goes to sleep. Others take over, leave, and a new owner comes.
    const swift = claim(folder, "after-dead", "swift");
    expect(swift && leaveFolder(folder, "swift", swift)).toBe(true);
    mkdirSync(folder);
    const live = claim(folder, "after-root", "live");

    const slow = claim(folder, "after-dead", "slow");

    expect(slow).toBeUndefined();
    expect(live && isOwner(folder, "live", live)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["after-root", "claim-live"]);
  });

  test("is closed by an owner that leaves: nobody can succeed it any more", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");

    expect(first && leaveFolder(folder, "one", first)).toBe(true);
    expect(chainEnd(folder)).toBeUndefined();
  });

  test("is left alone by an owner that has been succeeded", () => {
    const folder = newFolder();
    const first = claim(folder, "after-root", "one");
    const second = claim(folder, "after-one", "two");

    expect(first && leaveFolder(folder, "one", first)).toBe(false);
    expect(second && isOwner(folder, "two", second)).toBe(true);
  });

  test("cannot be claimed in a folder that is gone", () => {
    const folder = newFolder();
    rmSync(folder, { recursive: true });

    expect(claim(folder, "after-root", "late")).toBeUndefined();
  });
});
