import fc from "fast-check";

/** A lock variable of a generated program. */
export type Slot = "a" | "b";

/** A statement of a generated program; every `call`, `write`, `acquire` and `release` in it may throw. */
export type Statement =
  | { readonly kind: "write" | "call" | "throw" | "return" | "break" | "continue" | "leave" }
  | { readonly kind: "acquire" | "release" | "clear"; readonly slot: Slot }
  | { readonly kind: "if"; readonly slot: Slot | undefined; readonly then: Body; readonly else: Body }
  | { readonly kind: "while" | "do" | "each"; readonly body: Body }
  | {
      readonly kind: "try";
      readonly body: Body;
      readonly handler: Body | undefined;
      readonly finalizer: Body | undefined;
    }
  | { readonly kind: "switch"; readonly cases: readonly Body[]; readonly hasDefault: boolean }
  | { readonly kind: "label" | "using" | "scope" | "inner"; readonly body: Body };

export type Body = readonly Statement[];

const slot = fc.constantFrom<Slot>("a", "b");

/** Programs up to a handful of nested constructs, with every kind of statement likely. */
export const programs: fc.Arbitrary<Body> = fc.letrec<{ body: Body; statement: Statement }>((tie) => ({
  body: fc.array(tie("statement"), { minLength: 0, maxLength: 3 }),
  statement: fc.oneof(
    { maxDepth: 3, depthIdentifier: "program" },
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("write" as const, "call" as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom("acquire" as const, "release" as const, "clear" as const),
        slot,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          "throw" as const,
          "return" as const,
          "break" as const,
          "continue" as const,
          "leave" as const,
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("if" as const),
        slot: fc.option(slot, { nil: undefined }),
        then: tie("body"),
        else: tie("body"),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("while" as const, "do" as const, "each" as const),
        body: tie("body"),
      }),
    },
    {
      weight: 4,
      arbitrary: fc
        .record({
          kind: fc.constant("try" as const),
          body: tie("body"),
          handler: fc.option(tie("body"), { nil: undefined }),
          finalizer: fc.option(tie("body"), { nil: undefined }),
        })
        .map((block) =>
          (block.handler ?? block.finalizer) === undefined ? { ...block, finalizer: [] } : block,
        ),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("switch" as const),
        cases: fc.array(tie("body"), { minLength: 1, maxLength: 3 }),
        hasDefault: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom("label" as const, "using" as const, "scope" as const, "inner" as const),
        body: tie("body"),
      }),
    },
  ),
})).body;
