import { expect, test } from "vitest";
import { readBlocks, readSpans } from "../../web/markdown.ts";

test("a text falls into headings, paragraphs, lists, quotes and code", () => {
  const text = [
    "# Title",
    "One line",
    "and the next.",
    "",
    "- first",
    "- second",
    "  goes on",
    "3. third",
    "4) fourth",
    "> quoted",
    "> words",
    "```ts",
    "const a = '- no list';",
    "",
    "# no title",
    "```",
    "The end.",
  ].join("\n");

  expect(readBlocks(text)).toEqual([
    { kind: "heading", level: 1, text: "Title" },
    { kind: "paragraph", text: "One line\nand the next." },
    { kind: "list", start: undefined, items: ["first", "second\n  goes on"] },
    { kind: "list", start: 3, items: ["third", "fourth"] },
    { kind: "quote", text: "quoted\nwords" },
    { kind: "code", language: "ts", text: "const a = '- no list';\n\n# no title" },
    { kind: "paragraph", text: "The end." },
  ]);
});

test("code that is still being written is code already, and a longer fence holds a shorter one", () => {
  expect(readBlocks("```\nhalf of")).toEqual([{ kind: "code", language: "", text: "half of" }]);
  expect(readBlocks("```")).toEqual([{ kind: "code", language: "", text: "" }]);
  expect(readBlocks("````\n```\n````")).toEqual([{ kind: "code", language: "", text: "```" }]);
});

test("a line has code, strong and emphasised words, and links", () => {
  expect(readSpans("Run `a*b` and **do** *not* [stop](https://example.com/a?b=c).")).toEqual([
    { kind: "plain", text: "Run " },
    { kind: "code", text: "a*b" },
    { kind: "plain", text: " and " },
    { kind: "strong", text: "do" },
    { kind: "plain", text: " " },
    { kind: "emphasis", text: "not" },
    { kind: "plain", text: " " },
    { kind: "link", text: "stop", address: "https://example.com/a?b=c" },
    { kind: "plain", text: "." },
  ]);
});

test("an address is a link without the stop behind it", () => {
  expect(readSpans("See https://example.com/a, then (http://b.example).")).toEqual([
    { kind: "plain", text: "See " },
    { kind: "link", text: "https://example.com/a", address: "https://example.com/a" },
    { kind: "plain", text: ", then (" },
    { kind: "link", text: "http://b.example", address: "http://b.example" },
    { kind: "plain", text: ")." },
  ]);
});

test.each([
  "<img src=x onerror=alert(1)>",
  "[here](javascript:alert(1))",
  "[here](data:text/html,x)",
  "[here](/healthz)",
  "2 * 3 * 4 and a*b*c and snake_case_name",
  "** no ** and `unfinished",
])("%s stays what it is", (text) => {
  expect(readSpans(text)).toEqual([{ kind: "plain", text }]);
});

test.each(["*", "**", "`", "[", "[a](", "> ", "- ", "#", "https://", "a ", "\n", "1. "])(
  "nothing is lost of, and no more than a moment spent on, a long text of %j",
  (sign) => {
    const text = `x${sign.repeat(100_000)}`;

    const spans = readBlocks(text).flatMap((block) => ("text" in block ? readSpans(block.text) : []));

    expect(spans.map((span) => span.text).join("")).toBe(text.trimEnd() === "x" ? "x" : text);
  },
);
