import { parseArgs } from "node:util";
import type { ProviderProfile } from "../context/profile.ts";

const COMMANDS = ["show", "export", "validate", "repair", "doctor"] as const;
const FORMATS = ["markdown", "html", "json"] as const;
const PROFILES = [
  "anthropic",
  "openai-chat",
  "openai-responses",
  "google",
  "bedrock",
  "mistral",
  "strict",
] as const satisfies readonly ProviderProfile[];

/** What a command does with its subject. */
export interface CommandOptions {
  readonly command: (typeof COMMANDS)[number];
  /** A file; for `doctor` a folder. */
  readonly subject: string;
  readonly isJson: boolean;
  readonly format: (typeof FORMATS)[number];
  readonly profile: ProviderProfile | undefined;
  readonly apply: boolean;
  readonly linearize: boolean;
}

/** What the user asked for. */
export type CommandLine =
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly why: string }
  | { readonly kind: "command"; readonly options: CommandOptions };

/** Never throws for what a user can type. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        format: { type: "string" },
        profile: { type: "string" },
        apply: { type: "boolean", default: false },
        linearize: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { kind: "help" };
    const [name, subject, extra] = positionals;
    if (name === undefined) return wrong("which command?");
    const command = COMMANDS.find((one) => one === name);
    if (command === undefined) return wrong(`there is no command ${JSON.stringify(name)}`);
    if (subject === undefined) return wrong(`${command} needs a path`);
    if (extra !== undefined) return wrong(`one path only, not also ${JSON.stringify(extra)}`);
    const wanted = values.format ?? (values.json ? "json" : "markdown");
    const format = FORMATS.find((one) => one === wanted);
    if (format === undefined) return wrong(`there is no format ${JSON.stringify(wanted)}`);
    const profile = PROFILES.find((one) => one === values.profile);
    if (values.profile !== undefined && profile === undefined) {
      return wrong(`there is no profile ${JSON.stringify(values.profile)}`);
    }
    const { json: isJson, apply, linearize } = values;
    return { kind: "command", options: { command, subject, isJson, format, profile, apply, linearize } };
  } catch (error) {
    if (error instanceof TypeError && "code" in error) return wrong(error.message);
    throw error;
  }
}

function wrong(why: string): CommandLine {
  return { kind: "wrong", why };
}
