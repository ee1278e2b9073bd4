import { jsonOf } from "../file/json.ts";
import { openTranscript } from "../open-transcript.ts";
import { describeEntry } from "../outline/describe-entry.ts";
import { paint, plainLine, shortened } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Prints the entries after `afterSeq`, and then each one that comes, until the terminal says stop. */
export async function follow(
  file: string,
  isJson: boolean,
  afterSeq: number,
  terminal: Terminal,
): Promise<void> {
  await using transcript = await openTranscript(file, { create: false });
  for await (const { seq, entry } of transcript.tail({ afterSeq, signal: terminal.stop })) {
    const { kind, text } = describeEntry(entry);
    const row = `${seq}  ${paint("bold", plainLine(kind), terminal)}  ${shortened(plainLine(text))}`;
    await terminal.print(`${isJson ? jsonOf({ seq, entry }) : row.trimEnd()}\n`);
  }
}
