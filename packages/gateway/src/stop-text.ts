/** The command that stops a session. */
export const STOP_COMMAND = "/stop";

/** Whether a message is the stop command and nothing else; a sentence that has the word in it is not. */
export function isStopText(message: string): boolean {
  return message.trim().toLowerCase() === STOP_COMMAND;
}
