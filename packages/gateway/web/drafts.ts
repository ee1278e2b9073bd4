import { useState } from "react";
import { readPictures, withPictures, type Attached, type AttachedPicture } from "./attaching.ts";

/** What a person has written and attached for one session and not sent yet. */
interface Draft {
  readonly text: string;
  readonly pictures: readonly AttachedPicture[];
  /** What could not be attached and why. */
  readonly problems: readonly string[];
  /** How many times files were chosen that are still being read. */
  readonly reading: number;
}

export interface DraftActions {
  readonly draft: Draft;
  readonly write: (text: string) => void;
  readonly attach: (files: readonly File[]) => void;
  readonly remove: (id: string) => void;
  readonly clear: () => void;
}

const EMPTY: Draft = { text: "", pictures: [], problems: [], reading: 0 };

/** The draft of a session; those of the others stay as they are, so that one can look at them in between. */
export function useDraft(sessionKey: string): DraftActions {
  const [drafts, setDrafts] = useState<Readonly<Record<string, Draft>>>({});

  function change(next: (draft: Draft) => Partial<Draft>): void {
    setDrafts((known) => {
      const draft = known[sessionKey] ?? EMPTY;
      return { ...known, [sessionKey]: { ...draft, ...next(draft) } };
    });
  }

  function took(attached: Attached): void {
    change(({ pictures, reading }) => ({ ...withPictures(pictures, attached), reading: reading - 1 }));
  }

  return {
    draft: drafts[sessionKey] ?? EMPTY,
    write: (text) => change(() => ({ text })),
    attach: (files) => {
      if (files.length === 0) return;
      change(({ reading }) => ({ reading: reading + 1, problems: [] }));
      void readPictures(files).then(took); // what cannot be read is among its problems
    },
    remove: (id) =>
      change(({ pictures }) => ({ pictures: pictures.filter((picture) => picture.id !== id), problems: [] })),
    clear: () => change(() => ({ text: "", pictures: [], problems: [] })),
  };
}
