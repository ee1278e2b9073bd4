import { parseArgs } from "node:util";
import type { ProviderProfile } from "../context/profile.ts";
import { COMMANDS } from "./help.ts";

const COMMAND_NAMES = [
  "show",
  "tail",
  "export",
  "validate",
  "repair",
  "migrate",
  "doctor",
  "import",
] as const;
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

/** No timer runs longer. */
const MAX_WAIT_SECONDS = Math.floor((2 ** 31 - 1) / 1_000);

const OPTIONS = {
  json: { type: "boolean" },
  format: { type: "string" },
  profile: { type: "string" },
  apply: { type: "boolean" },
  linearize: { type: "boolean" },
  after: { type: "string" },
  wait: { type: "string" },
  agent: { type: "string" },
  store: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

export type CommandName = (typeof COMMAND_NAMES)[number];
export type OptionName = Exclude<keyof typeof OPTIONS, "help" | "version">;

/** What a command does with its subject. */
export interface CommandOptions {
  readonly command: CommandName;
  /** A file; for `doctor` a folder. */
  readonly subject: string;
  readonly isJson: boolean;
  readonly format: (typeof FORMATS)[number];
  readonly profile: ProviderProfile | undefined;
  readonly apply: boolean;
  readonly linearize: boolean;
  readonly afterSeq: number;
  readonly waitMs: number;
  readonly agentId: string;
  /** Undefined for that of each agent. */
  readonly storePath: string | undefined;
}

/** What the user asked for. */
export type CommandLine =
  | { readonly kind: "help"; readonly command: CommandName | undefined }
  | { readonly kind: "version" }
  | {
      readonly kind: "wrong";
      readonly why: string;
      readonly command: CommandName | undefined;
      readonly isJson: boolean;
    }
  | { readonly kind: "command"; readonly options: CommandOptions };

/** Never throws for what a user can type. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const meant = commandIn(argv);
  const isJsonWanted = argv.includes("--json");
  const wrong = (why: string): CommandLine => ({ kind: "wrong", why, command: meant, isJson: isJsonWanted });
  try {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });
    const [first, subject, extra] = positionals;
    const command = COMMAND_NAMES.find((one) => one === first);
    if (values.version) return { kind: "version" };
    if (values.help) return { kind: "help", command };
    if (first === undefined) return wrong("which command?");
    if (command === undefined) return wrong(`there is no command ${JSON.stringify(first)}`);
    if (subject === undefined) return wrong(`${command} needs a path`);
    if (extra !== undefined) return wrong(`one path only, not also ${JSON.stringify(extra)}`);
    const taken: readonly string[] = COMMANDS[command].options;
    const foreign = Object.keys(values).find((option) => !taken.includes(option));
    if (foreign !== undefined) return wrong(`${command} takes no --${foreign}`);
    const {
      json: isJson = false,
      apply = false,
      linearize = false,
      store: storePath,
      agent = "main",
    } = values;
    const format = FORMATS.find((one) => one === (values.format ?? (isJson ? "json" : "markdown")));
    if (format === undefined) return wrong(`there is no format ${JSON.stringify(values.format)}`);
    const profile = PROFILES.find((one) => one === values.profile);
    if (values.profile !== undefined && profile === undefined)
      return wrong(`there is no profile ${JSON.stringify(values.profile)}`);
    const [afterSeq, seconds] = [numberOf(values.after ?? "0"), numberOf(values.wait ?? "10")];
    if (afterSeq === undefined || !Number.isInteger(afterSeq))
      return wrong("--after takes the number of an entry");
    if (seconds === undefined || seconds > MAX_WAIT_SECONDS)
      return wrong(`--wait takes seconds, at most ${MAX_WAIT_SECONDS}`);
    const flags = { isJson, apply, linearize, format, profile };
    const rest = { afterSeq, waitMs: seconds * 1_000, agentId: agent, storePath };
    return { kind: "command", options: { command, subject, ...flags, ...rest } };
  } catch (error) {
    if (error instanceof TypeError && "code" in error) return wrong(error.message);
    throw error;
  }
}

/** Whose help to show where the line cannot be read. */
function commandIn(argv: readonly string[]): CommandName | undefined {
  return COMMAND_NAMES.find((name) => argv.includes(name));
}

/** Undefined for what is no number, or a negative or a huge one. */
function numberOf(text: string): number | undefined {
  const number = Number(text);
  return text.trim() !== "" && number >= 0 && number <= 1e9 ? number : undefined;
}
