import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { workerPath } from "./process.ts";

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: string;
}

/** Several real processes that do one task at the same instant (see workers/contender.js). */
export class Crowd implements AsyncDisposable {
  readonly #members: readonly ChildProcess[];
  #lastId = 0;

  private constructor(members: readonly ChildProcess[]) {
    this.#members = members;
  }

  static async gather(size: number): Promise<Crowd> {
    const members = Array.from({ length: size }, () => fork(workerPath("contender.js")));
    await Promise.all(members.map((member) => once(member, "message")));
    return new Crowd(members);
  }

  /** Gives the task to all; `at` in the input makes them start together. Answers in the order of the members. */
  async all(task: string, input: Readonly<Record<string, unknown>> = {}): Promise<readonly unknown[]> {
    this.#lastId += 1;
    const id = this.#lastId;
    return Promise.all(
      this.#members.map(async (member) => {
        const answered = answerTo(member, id);
        member.send({ id, task, input });
        const { result, failure } = await answered;
        if (failure !== undefined) throw new Error(failure);
        return result;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#members.map((member) => {
        const gone = once(member, "exit");
        member.kill("SIGKILL");
        return gone;
      }),
    );
  }
}

function answerTo(member: ChildProcess, id: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: Answer) => {
      member.off("exit", onExit);
      resolve(answer);
    };
    const onExit = () => reject(new Error(`member ended before it answered task ${id}`));
    member.once("message", onMessage);
    member.once("exit", onExit);
  });
}

/** An instant soon enough to wait for and late enough that every member has its message by then. */
export function soon(): number {
  return Date.now() + 12;
}
