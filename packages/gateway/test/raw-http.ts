import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";

/** Sends bytes as they are and resolves with everything that comes back until the other side hangs up. */
export async function rawHttp(url: string, lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => undefined); // a reset is an end as well
  socket.write(lines.join("\r\n"));
  return text(socket).catch(() => "");
}

/** Sends bytes as they are and resolves, with the socket still open, when the other side has said these words. */
export async function rawSocket(url: string, bytes: Buffer, words: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(bytes);
  let said = "";
  while (!said.includes(words)) {
    const data: unknown[] = await once(socket, "data");
    said += String(data[0]);
  }
  return socket;
}

/** The lines of an upgrade as a client sends it, with what is to be different. */
export function upgradeLines(
  url: string,
  changed: Readonly<Record<string, string | undefined>> = {},
): string[] {
  const headers: Readonly<Record<string, string | undefined>> = {
    Host: new URL(url).host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...changed,
  };
  const rows = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return ["GET / HTTP/1.1", ...rows, "", ""];
}
