import { describe, expect, test } from "vitest";
import { find, hasAny, makeNeedle } from "../../src/analysis/search.ts";
import { lint } from "../lint.ts";

describe("a word is found", () => {
  test.each([
    ["sessionFile", "const sessionFile = 1;"],
    ["sessionFile", "myFile, aFile, sessionFile"],
    [".jsonl", "jsonl x.jsonl"],
    ["session-lock", "kick the lock of session-lock"],
    ["eee", "eeee"],
    ["é", "café"],
  ])("%s in %s", (word, text) => {
    const needle = makeNeedle(word);

    expect(find(text, needle)).toBe(text.indexOf(word));
    expect(find(text, needle, text.indexOf(word) + 1)).toBe(text.indexOf(word, text.indexOf(word) + 1));
    expect(hasAny(text, [makeNeedle("nowhere"), needle])).toBe(true);
  });

  test.each([
    ["sessionFile", "sessionfile File session"],
    [".jsonl", "jsonl"],
    ["session-lock", "lock"],
  ])("only where it stands: %s, but not in %s", (word, text) => {
    expect(find(text, makeNeedle(word))).toBe(-1);
    expect(hasAny(text, [makeNeedle(word)])).toBe(false);
  });
});

test("a property without a name ends the search for where it is written", () => {
  const code = `
    import { writeFileSync } from "node:fs";
    const options = { "": "a.jsonl" };
    export const save = (text) => writeFileSync(options[""], text);
  `;

  expect(lint(code)).toEqual(["no-raw-transcript-write/rawUnlocked 4"]);
});

test.each(["@requiressessionlock", "@sessionlock-wrapper", "@requires-lock-session", "@owns-sessionfile"])(
  "%s is seen in a file that has no other word of the plugin",
  (tag) => {
    expect(lint(`/** ${tag} */\nexport function save() {}`)).toEqual(["valid-lock-annotations/unknownTag 1"]);
  },
);
