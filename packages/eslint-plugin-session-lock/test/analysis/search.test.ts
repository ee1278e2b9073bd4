import { describe, expect, test } from "vitest";
import { compileFind } from "../../src/analysis/search.ts";
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
    const find = compileFind(word);

    expect(find(text, 0)).toBe(text.indexOf(word));
    expect(find(text, text.indexOf(word) + 1)).toBe(text.indexOf(word, text.indexOf(word) + 1));
  });

  test.each([
    ["sessionFile", "sessionfile File session"],
    [".jsonl", "jsonl"],
    ["session-lock", "lock"],
  ])("only where it stands: %s, but not in %s", (word, text) => {
    expect(compileFind(word)(text, 0)).toBe(-1);
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
