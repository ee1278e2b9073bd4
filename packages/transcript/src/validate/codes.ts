/**
 * The name of one rule that a transcript, or what a model is given of it, has to meet.
 *
 * `F` the file, `T` the tree, `S` one message, `C` the conversation, `P` one provider. What each number means stands in
 * docs/validation.md and, in short, in `fixOf`.
 */
export type InvariantCode =
  | "F1"
  | "F2"
  | "F3"
  | "F4"
  | "F5"
  | "F6"
  | "T1"
  | "T2"
  | "T3"
  | "T4"
  | "T5"
  | "T6"
  | "T7"
  | "T8"
  | "T9"
  | "T10"
  | "S1"
  | "S2"
  | "S3"
  | "S4"
  | "S5"
  | "S6"
  | "S7"
  | "S8"
  | "S9"
  | "C1"
  | "C2"
  | "C3"
  | "C4"
  | "C5"
  | "C6"
  | "C7"
  | "C8"
  | "C9"
  | "C10"
  | "C11"
  | "C12"
  | "P1"
  | "P2"
  | "P3"
  | "P4"
  | "P5"
  | "P6"
  | "P7";

const FIXES: Readonly<Record<InvariantCode, string>> = {
  F1: "repair puts one header at the top and keeps later ones in the .rej file; a file with neither header nor entry it leaves alone",
  F2: "repair moves the line to the .rej file and brings back the entries it can still read in it",
  F3: "repair, or the next append, ends the line if it is whole and cuts it to the .rej file if it is not",
  F4: "open it with a version of this package that knows the format; repair leaves it alone",
  F5: "chmod 600 the file",
  F6: "let every writer take the session write lock, then validate again",
  T1: "repair drops the copy, or gives the later entry an id of its own",
  T2: "repair hangs the entry below the nearest earlier one",
  T3: "repair hangs the entry below the nearest earlier one, which opens the ring",
  T4: "nothing, if the conversation was meant to start again there",
  T5: "repair puts a marker entry in the place of the missing parent",
  T6: "nothing; readers pass over it",
  T7: "repair lets the compaction keep from a turn that is on its branch",
  T8: "repair gives the last entry an id, so that the next append continues it",
  T9: "check the clocks of the writers",
  T10: "let every writer take the session write lock; repair with `linearize` joins the two ends",
  S1: "context() leaves out what is not a message and gives the others content",
  S2: "context() leaves out blank text and messages without content",
  S3: "context() mends the call or leaves it out",
  S4: "context() gives the later call an id of its own",
  S5: "context() completes the result, or leaves it out when it names no call",
  S6: "context() sets the stop reason from the calls",
  S7: "context() replaces the lone surrogate",
  S8: "context() puts a note in the place of the image",
  S9: "store JSON only",
  C1: "context() puts a user turn in front",
  C2: "context() moves the results next to their calls",
  C3: "context() leaves the result out",
  C4: "context() keeps one of the results",
  C5: "context() adds a result that says the call was interrupted",
  C6: "context() leaves out the failed turn and the results of its calls",
  C7: "context() leaves out the call that was cut off",
  C8: "nothing; calls and results are paired turn by turn",
  C9: "context() keeps from the beginning of the group",
  C10: "context() adds a user turn, or strips the last assistant turn",
  C11: "context() merges the turns",
  C12: "context() leaves out what another model signed",
  P1: "context() sends an id of the provider's form",
  P2: "context() sends an id of its own for every call",
  P3: "context() puts an assistant turn between",
  P4: "context() leaves out reasoning without a signature",
  P5: "context() leaves out reasoning that leads to nothing",
  P6: "context() puts a note in the place of the image",
  P7: "context() adds the mark by which the provider skips the check",
};

/** What mends a finding of this code, in a sentence. */
export function fixOf(code: InvariantCode): string {
  return FIXES[code];
}
