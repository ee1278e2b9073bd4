import { mkdir, rename, rmdir } from "node:fs/promises";
import { expect } from "vitest";
import type { TestClient } from "./client.ts";

/** Takes a session file out of its place, so that nothing can be appended, until it is given back. */
export async function withhold(file: string): Promise<() => Promise<void>> {
  await rename(file, `${file}.aside`);
  await mkdir(file);
  return async () => {
    await rmdir(file);
    await rename(`${file}.aside`, file);
  };
}

/** Resolves when the gateway has tried to write and was refused. */
export async function untilRefused(client: TestClient): Promise<void> {
  const note = (): Promise<unknown> =>
    client.request("chat.inject", { sessionKey: "main", message: "a note" }).then(
      () => "written",
      () => "refused",
    );
  await expect.poll(note).toBe("refused");
}
