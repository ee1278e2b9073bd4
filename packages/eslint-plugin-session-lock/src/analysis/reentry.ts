import type { Call } from "./calls.ts";
import { fileKey } from "./file-ref.ts";
import type { Reentry } from "./lock-effects.ts";
import type { Machine } from "./machine.ts";
import { readMember } from "./members.ts";
import type { Value } from "./values.ts";
import type { ExportName } from "./vocabulary.ts";
import type { World } from "./world.ts";

/**
 * Reads the options that say how a lock that the scope holds already is treated. Of `session-lock`, only the scope that
 * holds the lock re-enters; other locks that allow it let in whatever runs in the process.
 */
export function reentryOf(machine: Machine, call: Call, world: World, lock?: ExportName): Reentry {
  const options = call.args.filter((arg) => arg.kind === "object");
  const read = (name: string): readonly Value[] =>
    options.flatMap((value) =>
      value.fields.has(name) ? [readMember(machine, value, name, call.node, world)] : [],
    );
  const [reentrant] = read("allowReentrant");
  if (reentrant?.kind === "unknown" && fileKey(reentrant.file) === '"process"') {
    machine.recorder.find({
      rule: "no-nested-session-lock",
      message: "processReentrant",
      node: call.node,
      data: {},
      path: world.path,
    });
  }
  const isOpen = reentrant?.kind === "boolean" && reentrant.value && world.held.length === 0;
  if (isOpen && lock !== undefined && lock.from !== "session-lock") {
    machine.recorder.find({
      rule: "no-nested-session-lock",
      message: "reentrant",
      node: call.node,
      data: {},
      path: world.path,
    });
  }
  return {
    isAllowed: !(reentrant?.kind === "boolean" && !reentrant.value),
    isNested: read("within").some((value) => value.kind !== "nullish"),
  };
}
