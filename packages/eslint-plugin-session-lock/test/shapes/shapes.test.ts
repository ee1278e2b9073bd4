import { describe, expect, test } from "vitest";
import { lint, lintMessages } from "../lint.ts";
import { invalid } from "./invalid.ts";
import { needsAnnotation } from "./needs-annotation.ts";
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

describe.each(preludes.filter(({ title }) => /^(?:named|renamed|namespace) imports/.test(title)))(
  "with $title",
  ({ source }) => {
    test.each(needsAnnotation)("asks for an annotation for $title", ({ body, reports, asksFor }) => {
      const [message] = lintMessages(source(body), { typescript: true });

      expect(lint(source(body), { typescript: true })).toEqual(reports);
      expect(message?.message).toContain(asksFor);
    });

    test.each(needsAnnotation)("accepts $title once it is annotated", ({ annotated }) => {
      expect(lint(source(annotated), { typescript: true })).toEqual([]);
    });
  },
);
