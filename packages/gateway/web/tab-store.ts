/** Keeps a text until this tab is closed, across reloads. False when it is too big for what the browser keeps. */
export function keepInTab(name: string, text: string): boolean {
  try {
    sessionStorage.setItem(name, text);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "QuotaExceededError") return false;
    throw error;
  }
}
