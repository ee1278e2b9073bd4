import type { Appended, Transcript } from "@session-lock/transcript";
import { GatewayError } from "../errors.ts";

/** The branch that a client saw when it wrote what is to be appended. */
export interface ExpectedLeaf {
  /** Its newest entry; `null` stands for an empty session. */
  readonly entryId: string | null;
  /** Whether entries may have come below it, as long as it is still on the active branch. */
  readonly mayHaveGrown: boolean;
}

/** Where an append insists to be put. */
interface LeafOption {
  readonly expectedLeaf: string | undefined;
}

/**
 * Appends only below the branch that the client saw. Throws `INVALID_REQUEST` with the details
 * `active-leaf-changed`, and has written nothing, when another one is active.
 */
export async function appendBelow(
  { entryId, mayHaveGrown }: ExpectedLeaf,
  transcript: Transcript,
  append: (option: LeafOption) => Promise<Appended>,
): Promise<Appended> {
  let expectedLeaf = entryId ?? undefined;
  for (;;) {
    try {
      return await append({ expectedLeaf });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "CONFLICT")) throw error;
    }
    const branch = mayHaveGrown ? await transcript.branch() : [];
    const isOnBranch = entryId === null ? branch.length > 0 : branch.some(({ id }) => id === entryId);
    if (!isOnBranch) throw branchChanged();
    // Compare again: the branch may have been left between the look at it and the append.
    expectedLeaf = branch.at(-1)?.id;
  }
}

/** Another branch, or another session, is active than the one that the client saw. */
export function branchChanged(): GatewayError {
  const details = { reason: "active-leaf-changed" };
  return new GatewayError("INVALID_REQUEST", "active branch changed; review and retry", { details });
}
