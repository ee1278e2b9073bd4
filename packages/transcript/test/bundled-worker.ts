import { symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tempFolder } from "./temp-session.ts";

/** As much of the bundler that comes with the test runner as is used here. */
interface Bundler {
  build(settings: object): Promise<unknown>;
}

/**
 * A script of `test/workers` and the built package in one file: that starts in less than half the time, which counts where
 * hundreds are started.
 */
export async function bundledWorker(script: string): Promise<string> {
  const folder = tempFolder();
  const ours = createRequire(import.meta.url);
  const lockPackage = path.dirname(ours.resolve("session-lock/package.json"));
  const runner = createRequire(ours.resolve("vitest/package.json"));
  const bundler = (await import(pathToFileURL(runner.resolve("vite")).href)) as Bundler;
  await bundler.build({
    root: path.dirname(fileURLToPath(import.meta.url)),
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true },
    build: { ssr: `workers/${script}`, outDir: folder, emptyOutDir: false, target: "node22" },
  });
  // The lock's add-on cannot be bundled: it is found where it is installed.
  symlinkSync(path.join(lockPackage, "node_modules"), path.join(folder, "node_modules"));
  return path.join(folder, script);
}
