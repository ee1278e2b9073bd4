import { existsSync } from "node:fs";
import path from "node:path";
import { identity } from "../owner.ts";
import { RecordWriter } from "../record.ts";
import { hasLeft, publish, publishNew } from "./claim-chain.ts";
import type { Published, Vacancy } from "./claim-chain.ts";
import { removeEntry } from "./claim-draft.ts";
import type { Draft } from "./claim-draft.ts";
import { countAhead, firstMark, isMarkOf, joinQueue, marksBefore } from "./folder-queue.ts";
import { QueuePlace } from "./queue-place.ts";
import type { WakeSource } from "./waking.ts";

/** For each one in front of us who does not come though it is its turn, we wait this long, in ms. */
const patienceMs = 100;

interface Standing {
  readonly onCall: WakeSource;
  /** How many are in front of us. */
  readonly ahead: number;
}

/** One process's part in the queue for a lock folder: where it stands, and whether it is its turn. */
export class FolderTurn {
  readonly #lockPath: string;
  #place: QueuePlace | undefined;
  #holder: string | undefined;
  /** The place in the chain that was last found free, and since when. */
  #offer = { successor: "", since: 0 };

  constructor(lockPath: string) {
    this.#lockPath = lockPath;
  }

  /** The last try was refused because of the owner with this nonce, if one was found. */
  refused(holder: string | undefined): void {
    this.#holder = holder;
  }

  /** Lines up, once. `undefined` where that is not possible. */
  join(): Standing | undefined {
    const ahead = this.#place && countAhead(this.#lockPath, this.#place.draft);
    if (this.#place !== undefined && ahead !== undefined) return { onCall: this.#place.bell.onCall, ahead };
    this.leave(); // the mark went away with its folder, or because we did not come when it was our turn
    const nonce = crypto.randomUUID();
    const joined = joinQueue(this.#lockPath, nonce, blank(nonce));
    if (joined === undefined) return undefined;
    const place = new QueuePlace(joined.draft);
    this.#place = place;
    // A holder that let go before our mark was there has not called us.
    const isHeld = this.#holder !== undefined && !hasLeft(this.#lockPath, this.#holder);
    if (!isHeld && this.#isFirst()) place.bell.call();
    return { onCall: place.bell.onCall, ahead: joined.ahead };
  }

  /** Whether nobody is in front of us at a free place in the chain. Those who do not come when it is their turn are passed. */
  isOurs(successor: string): boolean {
    if (this.#isFirst()) return true;
    const now = performance.now();
    if (this.#offer.successor !== successor) this.#offer = { successor, since: now };
    if (now - this.#offer.since < patienceMs) return false;
    const inFront = marksBefore(this.#lockPath, this.#draft);
    if (now - this.#offer.since < patienceMs * inFront.length) return false;
    for (const { name } of inFront) removeEntry(path.join(this.#lockPath, name));
    return true;
  }

  /** Publishes a record at a place that is ours, written into the mark if we wait with one. `undefined` when somebody else was faster. */
  publish(vacancy: Vacancy, write: (nonce: string) => Buffer): Published | undefined {
    const draft = this.#draft;
    const nonce = draft?.nonce ?? crypto.randomUUID();
    const published =
      draft === undefined
        ? publishNew(this.#lockPath, vacancy, nonce, write(nonce))
        : publish(this.#lockPath, vacancy, draft, write(nonce));
    if (published !== undefined) {
      this.#place?.used();
      this.#place = undefined;
    } else if (draft !== undefined && !existsSync(draft.file)) this.leave();
    return published;
  }

  /** Returns whether we stood in the queue. */
  leave(): boolean {
    const place = this.#place;
    this.#place = undefined;
    place?.leave();
    return place !== undefined;
  }

  /** The mark we wait with. */
  get #draft(): Draft | undefined {
    return this.#place?.draft;
  }

  #isFirst(): boolean {
    const first = firstMark(this.#lockPath, this.#draft);
    return first === undefined || isMarkOf(first.name, this.#draft);
  }
}

/** What it says is written anew when the mark is used. */
function blank(nonce: string): Buffer {
  const writer = new RecordWriter(identity(), "lockfile");
  return writer.write(10 ** 15, { purpose: undefined, where: undefined }, nonce);
}
