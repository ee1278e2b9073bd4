import type { WriteRight } from "./write-right.ts";
import { withoutMark } from "../file/byte-order-mark.ts";
import { decodeLine } from "../file/decode.ts";
import { asIoError, TranscriptError } from "../errors.ts";
import { versionOf } from "../file/header.ts";
import { MAX_LINE_BYTES, piecesOf } from "../file/lines.ts";
import { keepRejected } from "../file/rejected.ts";
import type { LentFile } from "../file/kept-files.ts";
import type { SessionFile } from "../file/session-file.ts";
import type { SessionLog } from "../file/session-log.ts";

/**
 * Adopts what others appended, then mends an unterminated tail: only the holder of the lock may, as for anybody else it
 * may be a write in progress. A tail that parses lost only its newline; any other was never acknowledged, and its bytes
 * go to `<file>.rej`.
 */
export function bringUpToDate(log: SessionLog, right: WriteRight, { file, stat }: LentFile): void {
  const isCut = cutUnsound(log, file, right);
  log.confirm(file, isCut ? file.stat() : stat, right.epoch);
  if (versionOf(log.header) < 2) {
    throw new TranscriptError(
      "UNSUPPORTED_VERSION",
      `${log.path} is a session of version 1: it can be read but not appended to`,
      { sessionFile: log.path },
    );
  }
  const { end, size } = log.bounds;
  if (end === size) return;
  right.assertWritable();
  if (isWholeLine(file, end, size)) {
    file.append(Buffer.from("\n"), size, log);
  } else {
    keepRejected(log.path, piecesOf(file, end, size));
    right.assertWritable();
    file.takeBack(end, size);
  }
  log.update(file);
}

/** What is longer than any line that is read, a crash left behind: nobody was promised it. */
function isWholeLine(file: SessionFile, start: number, end: number): boolean {
  if (end - start > MAX_LINE_BYTES) return false;
  const text = file.read(start, end).toString("utf8");
  return decodeLine(start === 0 ? withoutMark(text) : text) !== undefined;
}

/**
 * Nothing is built on bytes that a failed write or sync left behind: they are cut off first, or the append fails. But whoever
 * had the lock meanwhile took them for what they say, and may have acknowledged that.
 */
function cutUnsound(log: SessionLog, file: SessionFile, { epoch }: WriteRight): boolean {
  if (log.unsound === undefined) return false;
  const { size, expected } = log.unsound;
  try {
    if (epoch === undefined || log.isOwnIn(epoch)) file.takeBack(size, expected);
  } catch (error) {
    throw asIoError(error, "take back what was not written well in", log.path);
  }
  log.unsound = undefined;
  return true;
}
