import type { TSESLint } from "@typescript-eslint/utils";

type Context = Readonly<TSESLint.RuleContext<string, readonly unknown[]>>;

/** What decides whether a file concerns a rule at all. */
interface Glance {
  readonly text: string;
  /** `settings["session-lock"]`. */
  readonly settings: unknown;
}

/**
 * Reads what nearly every file needs nothing more of. ESLint makes contexts of a new shape for each file: the engine
 * prepares such an object for many reads the first time one of its properties is read in the ordinary way, and that
 * takes longer than all the rest of our look (6 of 12 µs). `Reflect.get` just reads.
 */
export function glanceAt(context: Context): Glance {
  return {
    text: Reflect.get(context, "sourceCode").text,
    settings: Reflect.get(context, "settings")["session-lock"],
  };
}

export function filenameOf(context: Context): string {
  return Reflect.get(context, "filename");
}

/** The options that the user gave to the rule. */
export function optionsOf<Options>(
  context: Readonly<TSESLint.RuleContext<string, Partial<readonly [Options]>>>,
  none: Options,
): Options {
  return Reflect.get(context, "options")[0] ?? none;
}
