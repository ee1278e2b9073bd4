import type { Call } from "./calls.ts";
import { fileKey } from "./file-ref.ts";
import type { Machine } from "./machine.ts";
import { readMember } from "./members.ts";
import type { ModalWrapperSpec } from "./vocabulary.ts";
import type { World } from "./world.ts";

/** What a lock scope gives its callback: exclusion, a lock that others have as well, or perhaps none (`null`). */
type LockMode = "exclusive" | "shared" | "perhaps";

/** Reads the mode that the options of a call ask for; options that do not show it ask for exclusion. */
export function modeOf(machine: Machine, call: Call, spec: ModalWrapperSpec, world: World): LockMode {
  if (spec.hasModes !== true) return "exclusive";
  const options = call.args.filter((arg) => arg.kind === "object");
  for (const option of options) {
    const mode = readMember(machine, option, "mode", call.node, world);
    if (mode.kind === "unknown" && fileKey(mode.file) === '"shared"') return "shared";
    const ifAvailable = readMember(machine, option, "ifAvailable", call.node, world);
    if (ifAvailable.kind === "boolean" && ifAvailable.value) return "perhaps";
  }
  return "exclusive";
}
