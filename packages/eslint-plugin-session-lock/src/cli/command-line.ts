import { parseArgs } from "node:util";
import type { ConfigName } from "../configs.ts";
import { LintError, messageOf } from "./lint-error.ts";

type Format = "stylish" | "json" | "sarif";

/** A command line, understood. */
export type CommandLine =
  | { readonly kind: "help" | "version" }
  | {
      readonly kind: "lint";
      readonly patterns: readonly string[];
      readonly config: ConfigName;
      readonly format: Format;
      readonly settings: string | undefined;
      readonly output: string | undefined;
      readonly baseline: string | undefined;
      readonly isUpdating: boolean;
      readonly summaries: string | undefined;
    };

const formats = ["stylish", "json", "sarif"] as const;
const configs = ["recommended", "strict"] as const;

/** Throws `LintError` USAGE. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals } = parse(argv);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  if (positionals.length === 0) throw new LintError("USAGE", "which files?");
  if (values["update-baseline"] && values.baseline === undefined) {
    throw new LintError("USAGE", "--update-baseline needs --baseline <file>");
  }
  return {
    kind: "lint",
    patterns: positionals,
    config: oneOf("--config", values.config, configs),
    format: oneOf("--format", values.format, formats),
    settings: values.settings,
    output: values.output,
    baseline: values.baseline,
    isUpdating: values["update-baseline"],
    summaries: values["write-summaries"],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: "string", default: "recommended" },
        settings: { type: "string" },
        format: { type: "string", default: "stylish" },
        output: { type: "string" },
        baseline: { type: "string" },
        "update-baseline": { type: "boolean", default: false },
        "write-summaries": { type: "string" },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", short: "v", default: false },
      },
    });
  } catch (error) {
    throw new LintError("USAGE", messageOf(error), { cause: error });
  }
}

function oneOf<T extends string>(option: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new LintError("USAGE", `${option} is one of ${choices.join(", ")}, not ${JSON.stringify(value)}`);
}
