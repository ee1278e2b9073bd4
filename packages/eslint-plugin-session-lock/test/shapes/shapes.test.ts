import { describe, expect, test } from "vitest";
import { lint } from "../lint.ts";
import { invalid } from "./invalid.ts";
import { preludes } from "./preludes.ts";
import { valid } from "./valid.ts";

describe.each(preludes)("with $title", ({ source, typescript = false }) => {
  test.each(invalid)("reports $title", ({ body, reports }) => {
    expect(lint(source(body), { typescript })).toEqual(reports);
  });

  test.each(valid)("accepts $title", ({ body }) => {
    expect(lint(source(body), { typescript })).toEqual([]);
  });
});
