import type { Call } from "./calls.ts";
import { callUnknown } from "./unknown-calls.ts";
import { compareFiles, type FileRef } from "./file-ref.ts";
import { fileOf } from "./files.ts";
import type { Outcome } from "./frame.ts";
import type { Machine } from "./machine.ts";
import type { RawWriteSpec } from "./vocabulary.ts";
import { mayShare, type World } from "./world.ts";

/** A write that goes past the session manager, such as `appendFile(sessionFile, …)`. */
export function callRawWrite(
  machine: Machine,
  call: Call,
  spec: RawWriteSpec,
  world: World,
): readonly Outcome[] {
  const argument = call.node.arguments[spec.file ?? 0];
  const value = call.args[spec.file ?? 0];
  const file = argument === undefined || value === undefined ? undefined : fileOf(machine, argument, value);
  if (argument !== undefined && isTranscript(machine, file, world)) {
    const isHeld = world.held.some(({ lock }) => mayShare(lock.file, file));
    machine.recorder.find({
      rule: "no-raw-transcript-write",
      message: isHeld ? "rawWrite" : "rawUnlocked",
      node: call.node.callee,
      data: { call: machine.textOf(call.node.callee), file: machine.textOf(argument) },
      path: world.path,
    });
  }
  return callUnknown(machine, call, world);
}

/** A session file by its ending, by the name of the variable or property that holds it, or because its lock is held. */
function isTranscript(machine: Machine, file: FileRef | undefined, world: World): boolean {
  if (file === undefined) return false;
  if (world.held.some(({ lock }) => compareFiles(lock.file, file) === "same")) return true;
  for (const value of world.bindings.values()) {
    if (value.kind === "manager" && compareFiles(value.file, file) === "same") return true;
  }
  const last = lastPart(file);
  return last !== undefined && (last.endsWith(".jsonl") || machine.vocabulary.fileNames.includes(last));
}

/** What the file is called at the end of its path, in the text. */
function lastPart(file: FileRef): string | undefined {
  switch (file.kind) {
    case "path":
      return file.properties.at(-1) ?? file.root.replace(/@\d+$/, "");
    case "text": {
      const last = file.parts.findLast((part) => part !== "");
      return typeof last === "string" || last === undefined ? last : lastPart(last);
    }
    case "call": {
      const last = file.inputs.at(-1);
      return last === undefined ? undefined : lastPart(last);
    }
  }
}
