/** The command that stops a session. */
export const STOP_COMMAND = "/stop";

/** The texts that stop a session in place of being a message: the command, and the words of the configuration. */
export function stopTexts(words: readonly string[] = []): ReadonlySet<string> {
  return new Set([STOP_COMMAND, ...words].map(plain));
}

/** Whether a message is one of these and nothing else; a sentence that has the word in it is not. */
export function isStopText(message: string, texts: ReadonlySet<string>): boolean {
  return texts.has(plain(message));
}

function plain(text: string): string {
  return text.normalize("NFC").trim().toLowerCase();
}
