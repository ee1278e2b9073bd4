import path from "node:path";
import { describe, expect, test } from "vitest";
import { acquireSessionWriteLock, inspectSessionLock } from "session-lock";
import { mayMount, overlay, tmpfs } from "./support/mount.ts";
import { Driver, preloading } from "./support/process.ts";
import { tempSession } from "./support/temp.ts";

/** The tests' own environment must not choose. */
const unforced = { SESSION_LOCK_ENGINE: "" };

describe("the engine that nobody forces", () => {
  test("is the kernel's on a local disk", async () => {
    expect(await chosenFor(tempSession())).toBe("kernel");
  });

  test.runIf(mayMount)("is the kernel's on tmpfs and on an overlay", async () => {
    expect(await chosenFor(path.join(tmpfs(), "session.jsonl"))).toBe("kernel");
    expect(await chosenFor(path.join(overlay(), "session.jsonl"))).toBe("kernel");
  });

  test.each([
    ["NFS", 0x6969],
    ["SMB2", 0xfe534d42],
    ["SMB2 as a signed number", 0xfe534d42 | 0],
    ["9p", 0x01021997],
    ["FUSE", 0x65735546],
  ])("is the lock folder where statfs tells %s", async (_name, type) => {
    const env = { ...preloading("on-file-system.js"), PRETENDED_TYPE: String(type) };

    expect(await chosenFor(tempSession(), env)).toBe("lockfile");
  });

  test("is the kernel's where statfs tells ext4", async () => {
    const env = { ...preloading("on-file-system.js"), PRETENDED_TYPE: String(0xef53) };

    expect(await chosenFor(tempSession(), env)).toBe("kernel");
  });

  test("is the kernel's where the add-on keeps its builds in another place", async () => {
    const env = { ...preloading("without-addon.js"), MISSING: "fs-native-extensions/prebuilds" };

    expect(await chosenFor(tempSession(), env)).toBe("kernel");
  });
});

describe("without the add-on", () => {
  test("the lock folder is chosen, and it excludes", async () => {
    const sessionFile = tempSession();
    await using holder = await Driver.start({ ...unforced, ...preloading("without-addon.js") });
    await holder.ask("acquire", { sessionFile });

    expect(inspectSessionLock(sessionFile)).toMatchObject({ state: "held", engine: "lockfile" });
    await expect(
      acquireSessionWriteLock({ sessionFile, engine: "lockfile", timeoutMs: 0 }),
    ).rejects.toMatchObject({ code: "TIMEOUT", holder: { pid: holder.pid } });
  });

  test("the kernel engine is refused with what to do instead", async () => {
    await using process = await Driver.start({ ...unforced, ...preloading("without-addon.js") });

    await expect(
      process.ask("acquire", { sessionFile: tempSession(), engine: "kernel" }),
    ).rejects.toMatchObject({
      code: "IO",
      message: expect.stringContaining("use the lockfile engine") as string,
    });
  });
});

async function chosenFor(sessionFile: string, env: Readonly<Record<string, string>> = {}) {
  await using holder = await Driver.start({ ...unforced, ...env });
  await holder.ask("acquire", { sessionFile });
  return inspectSessionLock(sessionFile).engine;
}
