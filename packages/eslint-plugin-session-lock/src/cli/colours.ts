/** True for a terminal whose user did not set NO_COLOR to something; a file or a pipe gets plain text. */
export function hasColours(isTerminal: boolean, noColour: string | undefined): boolean {
  return isTerminal && (noColour === undefined || noColour === "");
}
