import type { AgentEvent, AgentRunner, AgentRunRequest } from "../src/index.ts";

/** A run as the test conducts it. */
export interface Conductor {
  readonly request: AgentRunRequest;
  say(text: string): void;
  tell(event: AgentEvent): void;
  finish(): void;
  fail(error: Error): void;
}

interface Part extends Conductor {
  readonly steps: AsyncIterable<AgentEvent>;
}

interface Slot {
  readonly promise: Promise<Conductor>;
  readonly resolve: (conductor: Conductor) => void;
}

/** A runner that says what the test tells it to, when the test tells it to. */
export class ScriptedRunner implements AgentRunner {
  readonly model = { api: "scripted", provider: "test", model: "scripted" };
  readonly #started = new Map<string, Slot>();

  run(request: AgentRunRequest): AsyncIterable<AgentEvent> {
    const part = newPart(request);
    this.#slot(request.runId).resolve(part);
    return part.steps;
  }

  /** Resolves when the run has begun. */
  started(runId: string): Promise<Conductor> {
    return this.#slot(runId).promise;
  }

  #slot(runId: string): Slot {
    const slot = this.#started.get(runId) ?? newSlot();
    this.#started.set(runId, slot);
    return slot;
  }
}

function newSlot(): Slot {
  let resolve: Slot["resolve"] = () => undefined;
  const promise = new Promise<Conductor>((settle) => (resolve = settle));
  return { promise, resolve };
}

function newPart(request: AgentRunRequest): Part {
  const stream = new TransformStream<AgentEvent, AgentEvent>();
  const writer = stream.writable.getWriter();
  // A stopped run reads no further, so what is still said goes nowhere.
  const ignore = (): void => undefined;
  return {
    request,
    steps: stream.readable,
    say: (text) => void writer.write({ type: "text", text }).catch(ignore),
    tell: (event) => void writer.write(event).catch(ignore),
    finish: () => void writer.close().catch(ignore),
    fail: (error) => void writer.abort(error).catch(ignore),
  };
}
