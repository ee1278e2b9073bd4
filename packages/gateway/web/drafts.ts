import { useState } from "react";
import { readPictures, withPictures, type Attached, type AttachedPicture } from "./attaching.ts";
import { keepInTab } from "./tab-store.ts";

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

const PREFIX = "session-lock.draft.";

/**
 * The draft of a session; those of the others stay as they are, so that one can look at them in between. Its text is there
 * after a reload as well, which a phone does by itself when it needs the memory of a page that is out of sight.
 */
export function useDraft(sessionKey: string): DraftActions {
  const [drafts, setDrafts] = useState<Readonly<Record<string, Draft>>>({});

  function change(next: (draft: Draft) => Partial<Draft>): void {
    setDrafts((known) => {
      const draft = known[sessionKey] ?? keptDraft(sessionKey);
      return { ...known, [sessionKey]: { ...draft, ...next(draft) } };
    });
  }

  function write(text: string): void {
    keepText(sessionKey, text);
    change(() => ({ text }));
  }

  function took(attached: Attached): void {
    change(({ pictures, reading }) => ({ ...withPictures(pictures, attached), reading: reading - 1 }));
  }

  return {
    draft: drafts[sessionKey] ?? keptDraft(sessionKey),
    write,
    attach: (files) => {
      if (files.length === 0) return;
      change(({ reading }) => ({ reading: reading + 1, problems: [] }));
      void readPictures(files).then(took); // what cannot be read is among its problems
    },
    remove: (id) =>
      change(({ pictures }) => ({ pictures: pictures.filter((picture) => picture.id !== id), problems: [] })),
    clear: () => {
      write("");
      change(() => ({ pictures: [], problems: [] }));
    },
  };
}

function keptDraft(sessionKey: string): Draft {
  const text = sessionStorage.getItem(PREFIX + sessionKey) ?? "";
  return { text, pictures: [], problems: [], reading: 0 };
}

function keepText(sessionKey: string, text: string): void {
  const isKept = text !== "" && keepInTab(PREFIX + sessionKey, text);
  // Rather nothing than what it was some time ago.
  if (!isKept) sessionStorage.removeItem(PREFIX + sessionKey);
}
