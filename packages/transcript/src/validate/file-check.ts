import { isFields } from "../context/fields.ts";
import type { Fields } from "../context/fields.ts";
import { withoutMark } from "../file/byte-order-mark.ts";
import { decodeEntry } from "../file/decode.ts";
import { MAX_LINE_BYTES } from "../file/lines.ts";
import { checkEntry } from "./entry-check.ts";
import type { EntryTable } from "./entry-table.ts";
import type { Site } from "./finding.ts";
import type { Judge } from "./judge.ts";
import { objectIn } from "./json-object.ts";
import type { RawLine } from "./scan.ts";

const NEWEST_VERSION = 4;

/** The rules of the file, line by line. Whole entries go on to the rules of the entry. */
export class FileCheck {
  readonly #judge: Judge;
  readonly #table: EntryTable;
  #hasBytes = false;
  #hasLine = false;
  #version = 3;
  /** Of a format in which lines mean something else. */
  #isForeign = false;
  #objects = 0;

  constructor(table: EntryTable, judge: Judge) {
    this.#table = table;
    this.#judge = judge;
  }

  line(line: RawLine): void {
    const site: Site = { line: line.number, offset: line.offset };
    const { log } = this.#judge;
    this.#hasBytes = true;
    if (this.#isForeign) return;
    if (line.text === undefined) {
      log.add("F2", "E", site, `the line is longer than ${MAX_LINE_BYTES} bytes and was not read`);
      return;
    }
    const text = this.#hasLine ? line.text : this.#withoutMark(line.text, site);
    const value = objectIn(text);
    if (value === undefined && text.trim() === "") return;
    const isFirst = !this.#hasLine;
    this.#hasLine = true;
    if (!line.isTerminated) {
      const state = value === undefined ? "is cut off" : "has no newline";
      log.add("F3", "E", site, `the last line ${state}; it was never acknowledged`);
      // Whole or not, no reader takes it for an entry.
      return;
    }
    if (!line.isUtf8) log.add("F2", "E", site, "the line is not UTF-8");
    if (isFirst) this.#isForeign = this.#first(value, site) === "foreign";
    if (this.#isForeign) return;
    if (value === undefined) {
      if (!isFirst) log.add("F2", "E", site, faultOf(text));
    } else if (!(isFirst && isHeader(value))) {
      this.#entry(value, site);
    }
    if (value) this.#objects += 1;
  }

  /** Call when all lines were read. */
  end(): void {
    if (this.#hasLine) return;
    const state = this.#hasBytes
      ? "blank: it has neither header nor entry"
      : "empty: the first append begins it";
    this.#judge.log.add("F1", "E", {}, `the file is ${state}`);
  }

  #withoutMark(text: string, site: Site): string {
    const bare = withoutMark(text);
    if (bare !== text)
      this.#judge.log.add("F1", "W", site, "the file begins with a byte order mark; some readers refuse it");
    return bare;
  }

  #first(value: Fields | undefined, site: Site): "foreign" | "known" {
    const { log } = this.#judge;
    if (value?.["kind"] === "header") {
      log.add("F4", "E", site, "the file is of the store that pi-agent-core had before 1.0");
      return "foreign";
    }
    if (!isHeader(value)) {
      log.add("F1", "E", site, "the first line is no session header");
    } else if (value["version"] !== undefined && !isVersion(value["version"])) {
      log.add("F4", "E", site, `the format version ${JSON.stringify(value["version"])} is not known`);
      return "foreign";
    } else {
      this.#version = typeof value["version"] === "number" ? value["version"] : 1;
      this.#table.readAs(this.#version);
    }
    return "known";
  }

  #entry(value: Fields, site: Site): void {
    const { log } = this.#judge;
    if (value["type"] === "session") {
      log.add("F1", "W", site, "another session header");
    } else if (this.#version >= 2) {
      checkEntry(value, site, this.#table, this.#judge);
    } else {
      // Version 1 has no ids; readers number its entries.
      const entry: unknown = decodeEntry(value, this.#version, this.#objects);
      if (isFields(entry)) checkEntry(entry, site, this.#table, this.#judge);
      else log.add("F2", "E", site, "the line is no entry: it has no type");
    }
  }
}

function isHeader(value: unknown): value is Fields {
  return (
    isFields(value) && value["type"] === "session" && typeof value["id"] === "string" && value["id"] !== ""
  );
}

function isVersion(version: unknown): boolean {
  return (
    typeof version === "number" && Number.isInteger(version) && version >= 1 && version <= NEWEST_VERSION
  );
}

function faultOf(text: string): string {
  if (text.includes("\0")) return "the line has NUL bytes, as after a power cut";
  const bare = text.trim();
  if (bare !== text && objectIn(bare))
    return "the line has white space around its object that is none in JSON";
  if (text.includes('{"type":"', 1)) return "the line is not JSON; it looks like two lines fused into one";
  return "the line is not a JSON object";
}
