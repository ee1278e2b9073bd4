import { crc32, deflateSync } from "node:zlib";

/** The smallest PNG: one transparent pixel. */
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==";
/** As many bytes as asked for that begin like a PNG. */
export function pngOf(bytes: number): string {
  const image = Buffer.alloc(bytes);
  Buffer.from(PNG, "base64").copy(image, 0, 0, 8);
  return image.toString("base64");
}

/** A PNG of that many black pixels, one high. */
export function pngOfWidth(width: number): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(1, 4);
  header.set([8, 0], 8); // eight bits of grey
  const pixels = deflateSync(Buffer.alloc(width + 1));
  const parts = [chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from(PNG, "base64").subarray(0, 8), ...parts]).toString("base64");
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
