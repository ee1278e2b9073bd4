import type { Vocabulary } from "../analysis/vocabulary.ts";

/** Names of a library, ready to be added to the vocabulary. */
export type Preset = Partial<
  Pick<Vocabulary, "managers" | "acquires" | "wrappers" | "mutexes" | "identities" | "releasers">
>;
