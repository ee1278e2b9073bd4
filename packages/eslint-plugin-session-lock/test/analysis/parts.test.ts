import { describe, expect, test } from "vitest";
import { compareFiles, fileKey, type FileRef } from "../../src/analysis/file-ref.ts";
import { editDistance, nearest } from "../../src/analysis/spelling.ts";
import { readPlace, readWrapper, type Place } from "../../src/analysis/tags.ts";

const path = (root: string, given: boolean, ...properties: string[]): FileRef => ({
  kind: "path",
  root,
  properties,
  given,
});
const text = (...parts: (string | FileRef)[]): FileRef => ({ kind: "text", parts });
const call = (callee: string, ...inputs: FileRef[]): FileRef => ({ kind: "call", callee, inputs });

describe("two files", () => {
  test.each([
    ["one variable", path("a", true), path("a", true), "same"],
    ["one property of one variable", path("a", true, "file"), path("a", true, "file"), "same"],
    ["two parameters", path("a", true), path("b", true), "different"],
    ["two properties of a parameter", path("a", true, "x"), path("a", true, "y"), "different"],
    ["a parameter and a local value", path("a", true), path("b", false), "unknown"],
    ["one text", text("a.jsonl"), text("a.jsonl"), "same"],
    ["two texts", text("a.jsonl"), text("b.jsonl"), "different"],
    [
      "one template over one variable",
      text("x/", path("a", true), ".jsonl"),
      text("x/", path("a", true), ".jsonl"),
      "same",
    ],
    [
      "one template over two parameters",
      text("x/", path("a", true)),
      text("x/", path("b", true)),
      "different",
    ],
    ["a text and a variable", text("a"), path("a", true), "unknown"],
    ["one call with one input", call("join", path("a", true)), call("join", path("a", true)), "same"],
    ["one call with two inputs", call("join", path("a", true)), call("join", path("b", true)), "different"],
    ["two calls", call("join", path("a", true)), call("resolve", path("a", true)), "unknown"],
  ] as const)("that are named by %s", (_, left, right, expected) => {
    expect(compareFiles(left, right)).toBe(expected);
    expect(compareFiles(right, left)).toBe(expected);
  });

  test("of which one is not known may be one", () => {
    expect(compareFiles(undefined, text("a"))).toBe("unknown");
    expect(fileKey(undefined)).toBe("?");
  });
});

describe("what stands behind a tag", () => {
  const find = (name: string): Place | undefined =>
    name === "params" ? { kind: "parameter", index: 0, properties: [] } : undefined;

  test.each([
    ["", { kind: "none" }],
    ["- a sentence", { kind: "none" }],
    ["the callers hold it", { kind: "none" }],
    ["params", { kind: "place", place: { kind: "parameter", index: 0, properties: [] } }],
    ["params.a.b - why", { kind: "place", place: { kind: "parameter", index: 0, properties: ["a", "b"] } }],
    ["this.file", { kind: "place", place: { kind: "this", properties: ["file"] } }],
    ["param", { kind: "bad", word: "param" }],
    ["param - why", { kind: "bad", word: "param" }],
  ])("%o as a path", (argument, expected) => {
    expect(readPlace(argument, find)).toEqual(expected);
  });

  test.each([
    ["", { callback: 1, resource: { kind: "parameter", index: 0, properties: [] } }],
    ["callback=0", { callback: 0, resource: { kind: "parameter", index: 0, properties: [] } }],
    [
      "callback=-1 resource=params.file",
      { callback: -1, resource: { kind: "parameter", index: 0, properties: ["file"] } },
    ],
  ])("%o as a wrapper", (argument, claim) => {
    expect(readWrapper(argument, find)).toEqual({ kind: "wrapper", claim });
  });

  test("names the word that is not understood", () => {
    expect(readWrapper("callback=work", find)).toEqual({ kind: "bad", word: "work" });
    expect(readWrapper("cb=1", find)).toEqual({ kind: "bad", word: "cb" });
  });
});

test("the distance of two words is the number of letters to change", () => {
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("lock", "lock")).toBe(0);
  expect(editDistance("lok", "lock")).toBe(1);
  expect(editDistance("requires", "require")).toBe(1);
  expect(nearest("asert", ["assert", "insert"], 2)).toBe("assert");
  expect(nearest("something", ["assert", "insert"], 2)).toBeUndefined();
  expect(nearest("path", ["patch", "paths"], 1)).toBeUndefined();
});
