import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SessionManager } from "@earendil-works/pi-coding-agent";

type PiManager = typeof SessionManager;

const PLACE =
  "../node_modules/.cache/pi-1.5.2/node_modules/@earendil-works/pi-coding-agent/dist/core/session-manager.js";

/**
 * pi 1.5.2's class, as a row for a table of versions, where `node scripts/fetch-newest-pi.js` has put it; no row elsewhere.
 *
 * It cannot be a dependency: its package does not install from every registry.
 */
export async function newestPi(): Promise<(readonly [version: string, manager: PiManager])[]> {
  const url = new URL(PLACE, import.meta.url);
  if (!existsSync(fileURLToPath(url))) return [];
  const module = (await import(/* @vite-ignore */ url.href)) as { SessionManager: PiManager };
  return [["1.5.2", module.SessionManager]];
}
