import { open, type FileHandle } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;

/** Looks for a short text in a file that grows, reading only what it has not read yet. */
export class FileMentions {
  readonly #file: string;
  readonly #text: Buffer;
  #readTo = 0;
  #isFound = false;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = Buffer.from(text);
  }

  /**
   * Whether the file has it by now, as far as it was read when the signal aborts. A missing file has nothing.
   */
  async look(signal: AbortSignal): Promise<boolean> {
    if (this.#isFound) return true;
    await using handle = await openIfThere(this.#file);
    const { size = 0 } = (await handle?.stat()) ?? {};
    if (size < this.#readTo) this.#readTo = 0; // it was written anew
    if (handle === undefined || size === this.#readTo) return false;
    const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK_BYTES));
    while (this.#readTo < size && !signal.aborted) {
      // The text may begin in what was read before.
      const start = Math.max(0, this.#readTo - this.#text.length + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
      if (start + bytesRead <= this.#readTo) break; // it became shorter meanwhile
      this.#readTo = start + bytesRead;
      this.#isFound = buffer.subarray(0, bytesRead).includes(this.#text);
      if (this.#isFound) break;
    }
    return this.#isFound;
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r");
  } catch (error) {
    // A record is made before its transcript, and the transcript may be gone.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
