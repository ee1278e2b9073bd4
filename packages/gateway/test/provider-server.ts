import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** What a provider says to one request, in its own words on the wire. */
export type ProviderReply =
  /** Server-sent events, each with its data and, where the provider names them, its name. */
  | {
      readonly kind: "stream";
      readonly events: readonly { readonly event?: string; readonly data: object | string }[];
    }
  | { readonly kind: "refusal"; readonly status: number; readonly body: object };

/** A request as it came. */
export interface ProviderRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An HTTP server on this machine in the place of a provider's. */
export interface ProviderServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ProviderRequest[];
}

export async function startProvider(
  reply: (request: ProviderRequest, count: number) => ProviderReply,
): Promise<ProviderServer> {
  const requests: ProviderRequest[] = [];
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = JSON.parse(await text(request)) as Record<string, unknown>;
      const asked = { path: request.url ?? "", headers: request.headers, body };
      requests.push(asked);
      const said = reply(asked, requests.length);
      if (said.kind === "refusal") {
        response.writeHead(said.status, { "content-type": "application/json" });
        response.end(JSON.stringify(said.body));
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const { event, data } of said.events) {
        const name = event === undefined ? "" : `event: ${event}\n`;
        response.write(`${name}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
      }
      response.end();
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
