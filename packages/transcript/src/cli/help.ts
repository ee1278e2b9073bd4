import type { CommandName, OptionName } from "./command-line.ts";

interface CommandHelp {
  readonly usage: string;
  readonly does: string;
  readonly options: readonly OptionName[];
}

export const COMMANDS: Readonly<Record<CommandName, CommandHelp>> = {
  show: {
    usage: "show <file>",
    does: "the session as a tree, forks drawn, its active branch marked",
    options: ["json"],
  },
  tail: {
    usage: "tail <file>",
    does: "the entries, and then each one that any process appends, until Ctrl-C",
    options: ["after", "json"],
  },
  export: {
    usage: "export <file>",
    does: "the active branch as a document",
    options: ["format", "json"],
  },
  validate: {
    usage: "validate <file>",
    does: "what is wrong with a session; writes nothing",
    options: ["profile", "json"],
  },
  repair: {
    usage: "repair <file>",
    does: "what would be mended; with --apply, mends it under the write lock",
    options: ["apply", "linearize", "wait", "json"],
  },
  migrate: {
    usage: "migrate <file>",
    does: "whether a session is of an old version; with --apply, makes it one of version 3",
    options: ["apply", "wait", "json"],
  },
  doctor: {
    usage: "doctor <folder>",
    does: "validates every session below a folder, with a summary",
    options: ["profile", "json"],
  },
  import: {
    usage: "import <sessions.json>",
    does: "which of OpenClaw's sessions would be taken over; with --apply, does it",
    options: ["agent", "store", "apply", "json"],
  },
};

const OPTIONS: Readonly<Record<OptionName, readonly [string, string]>> = {
  after: ["--after <seq>", "tail: only entries after this one, as numbered by tail"],
  format: ["--format <form>", "export: markdown (default), html or json"],
  profile: [
    "--profile <name>",
    "also by the rules of a provider: anthropic, openai-chat, openai-responses,\n" +
      `${" ".repeat(22)}google, bedrock, mistral, strict`,
  ],
  apply: ["--apply", "repair, migrate, import: do it; repair and migrate keep the file as it was"],
  linearize: ["--linearize", "repair: also join forks that look like a race of two writers"],
  wait: ["--wait <seconds>", "repair, migrate: how long to wait for the write lock (default: 10)"],
  agent: ["--agent <id>", "import: whose the keys without an agent are (default: main)"],
  store: ["--store <folder>", "import: into this store (default: that of each key's agent)"],
  json: ["--json", "JSON instead of text, a line for each result; errors too"],
};

const EXIT_CODES = `exit codes: 0 done, 1 failed, 64 wrong usage, 65 faults found (repair, migrate: something to do;
            import: something refused), 66 no such session, 75 its lock is held: try again later,
            130 interrupted (Ctrl-C), 143 terminated`;

/** The help of one command, or of all. */
export function helpOf(command: CommandName | undefined): string {
  const commands = command === undefined ? Object.values(COMMANDS) : [COMMANDS[command]];
  const named =
    command === undefined ? Object.values(OPTIONS) : COMMANDS[command].options.map((name) => OPTIONS[name]);
  return [
    ...(command === undefined ? ["transcript: look at, check, mend and export session files", ""] : []),
    ...commands.map(({ usage, does }) => `  transcript ${usage.padEnd(24)}${does}`),
    "",
    ...named.map(([option, meaning]) => `  ${option.padEnd(20)}${meaning}`),
    `  ${"-h, --help".padEnd(20)}this text${command === undefined ? "; after a command: that command's" : ""}`,
    ...(command === undefined ? [`  ${"--version".padEnd(20)}the version of this package`] : []),
    "",
    EXIT_CODES,
  ].join("\n");
}
