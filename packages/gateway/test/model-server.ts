import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** What the server does with one request. */
export type Reply =
  | { readonly kind: "text"; readonly words: readonly string[] }
  | {
      readonly kind: "tools";
      readonly calls: readonly { readonly id: string; readonly name: string; readonly args: string }[];
    }
  | { readonly kind: "refuse"; readonly status: number; readonly message: string }
  | { readonly kind: "hang" };

/** A request as it came. */
export interface ModelRequest {
  readonly authorization: string | undefined;
  readonly model: string;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  readonly tools?: readonly unknown[];
}

/** A model service on this machine that speaks the OpenAI chat protocol and says what the test wants. */
export interface ModelServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly requests: readonly ModelRequest[];
}

export async function startModelServer(reply: (request: ModelRequest) => Reply): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(await text(request)) as ModelRequest;
    const asked = { ...body, authorization: request.headers.authorization };
    requests.push(asked);
    respond(response, reply(asked), asked.model);
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function respond(response: ServerResponse, reply: Reply, model: string): void {
  if (reply.kind === "refuse") {
    response.writeHead(reply.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: reply.message, type: "invalid_request_error" } }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const chunk = (delta: object, finish: string | null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(
      `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model, choices })}\n\n`,
    );
  };
  chunk({ role: "assistant", content: "" }, null);
  if (reply.kind === "hang") return;
  if (reply.kind === "text") {
    for (const word of reply.words) chunk({ content: word }, null);
    chunk({}, "stop");
  } else {
    const calls = reply.calls.map(({ id, name, args }, index) => {
      return { index, id, type: "function", function: { name, arguments: args } };
    });
    chunk({ tool_calls: calls }, null);
    chunk({}, "tool_calls");
  }
  response.end("data: [DONE]\n\n");
}
