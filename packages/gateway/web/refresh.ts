/**
 * Makes a refresh of something that may be asked for at any moment: one `work` runs at a time, and what is asked for
 * meanwhile is answered by one more run, because the one under way may have looked too early.
 */
export function refreshOf(work: () => Promise<void>): () => Promise<void> {
  let isRunning = false;
  let isStale = false;
  return async () => {
    isStale = true;
    if (isRunning) return;
    isRunning = true;
    try {
      while (takeStale()) await work();
    } finally {
      isRunning = false;
    }
  };

  function takeStale(): boolean {
    const wasStale = isStale;
    isStale = false;
    return wasStale;
  }
}
