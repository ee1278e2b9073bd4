/** Work that is over before this is not worth a line. */
const quietMs = 1_000;
const redrawMs = 100;

/** Keeps one line of a terminal up to date while the work is long, and takes it away when it is done. */
export function showProgress(write: (text: string) => void): (done: number, all: number) => void {
  const start = performance.now();
  let last = start;
  let isShown = false;
  return (done, all) => {
    const now = performance.now();
    if (done >= all) {
      if (isShown) write("\r\u001b[K");
      isShown = false;
      return;
    }
    if (now - start < quietMs || now - last < redrawMs) return;
    last = now;
    isShown = true;
    write(`\r\u001b[Klinting: ${Math.floor((100 * done) / all)} %`);
  };
}
