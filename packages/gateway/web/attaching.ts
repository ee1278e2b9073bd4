import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_ATTACHMENTS_BYTES } from "../src/protocol/limits.ts";
import { sniffImage } from "../src/session/image-type.ts";
import { dataAddress, type Picture } from "./wire.ts";

/** An image that is to go with the next message. */
export interface AttachedPicture extends Picture {
  /** Tells it from the others of the page. */
  readonly id: string;
  readonly name: string;
}

/** What was attached, and what was not and why, in words for a person. */
export interface Attached {
  readonly pictures: readonly AttachedPicture[];
  readonly problems: readonly string[];
}

const KINDS = "PNG, JPEG, GIF or WebP";

/** What the gateway takes, in words. */
export const ATTACHING_LIMITS = `Up to ${MAX_ATTACHMENTS} ${KINDS} images, each up to ${sizeWords(MAX_ATTACHMENT_BYTES)}, together up to ${sizeWords(MAX_ATTACHMENTS_BYTES)}`;

/** Reads files that a person chose. Nothing is read of a file that is no image or too big. */
export async function readPictures(files: readonly File[]): Promise<Attached> {
  const pictures: AttachedPicture[] = [];
  const problems: string[] = [];
  for (const file of files) {
    const name = file.name === "" ? "The image" : file.name;
    try {
      const mimeType = sniffImage(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
      if (mimeType === undefined) problems.push(`${name} is not a ${KINDS} image.`);
      else if (file.size > MAX_ATTACHMENT_BYTES) problems.push(tooBig(name, file.size));
      else if (pictures.length >= MAX_ATTACHMENTS) problems.push(tooMany(name));
      else
        pictures.push({
          id: crypto.randomUUID(),
          name,
          mimeType,
          bytes: file.size,
          address: dataAddress(mimeType, await base64Of(file)),
        });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      problems.push(`${name} could not be read: ${error.message}`); // a folder, or gone meanwhile
    }
  }
  return { pictures, problems };
}

/** Adds images to those of a message, as far as one message takes them. */
export function withPictures(
  present: readonly AttachedPicture[],
  { pictures, problems }: Attached,
): Attached {
  const taken = [...present];
  const refusals: string[] = [];
  let bytes = present.reduce((sum, picture) => sum + picture.bytes, 0);
  for (const picture of pictures) {
    if (taken.length >= MAX_ATTACHMENTS) refusals.push(tooMany(picture.name));
    else if (bytes + picture.bytes > MAX_ATTACHMENTS_BYTES) refusals.push(tooMuch(picture.name));
    else {
      taken.push(picture);
      bytes += picture.bytes;
    }
  }
  return { pictures: taken, problems: [...problems, ...refusals] };
}

/** A size as people say it, never smaller than it is. */
export function sizeWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${Math.ceil(bytes / 1024)} KB`;
  return `${Math.ceil((bytes / 1024 / 1024) * 10) / 10} MB`;
}

function tooBig(name: string, bytes: number): string {
  return `${name} has ${sizeWords(bytes)}; an image may have up to ${sizeWords(MAX_ATTACHMENT_BYTES)}.`;
}

function tooMany(name: string): string {
  return `${name} was left out: one message takes ${MAX_ATTACHMENTS} images.`;
}

function tooMuch(name: string): string {
  return `${name} was left out: the images of one message may have ${sizeWords(MAX_ATTACHMENTS_BYTES)} together.`;
}

/** As a data: address, without what stands before the data. */
function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const { result } = reader;
      resolve(typeof result === "string" ? result.slice(result.indexOf(",") + 1) : "");
    });
    reader.addEventListener("error", () => reject(reader.error ?? new DOMException("it gave no data")));
    reader.readAsDataURL(file);
  });
}
