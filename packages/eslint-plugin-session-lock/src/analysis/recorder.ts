import { groupBy } from "./group.ts";
import { nodeKey, type Node } from "./syntax.ts";
import type { LockValue } from "./values.ts";
import type { Finding, ReleaseObservation, WriteObservation } from "./observations.ts";
import { judgeOrders, type OrderObservation } from "./lock-order.ts";
import { judgeWrites } from "./verdicts.ts";
import { place } from "./place.ts";

/** Collects what the interpreter sees, world by world, and judges it when all worlds are known. */
export class Recorder {
  readonly #writes: WriteObservation[] = [];
  readonly #seen = new Set<string>();
  readonly #releases: ReleaseObservation[] = [];
  readonly #orders: OrderObservation[] = [];
  readonly #findings = new Map<string, Finding>();
  readonly #relied = new Set<string>();
  readonly #handed = new Map<string, string>();

  write(observation: WriteObservation): void {
    const { node, problem, activation } = observation;
    const identity = [nodeKey(node), problem?.kind ?? "ok", ...activation.calls.map(nodeKey)].join();
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    this.#writes.push(observation);
  }

  get writes(): readonly WriteObservation[] {
    return this.#writes;
  }

  release(observation: ReleaseObservation): void {
    this.#releases.push(observation);
  }

  order(observation: OrderObservation): void {
    this.#orders.push(observation);
  }

  /** One finding per rule, message and place is kept: the first. */
  find(finding: Finding): void {
    const identity = `${finding.rule} ${finding.message} ${nodeKey(finding.node)}`;
    if (!this.#findings.has(identity)) this.#findings.set(identity, finding);
  }

  /** Notes that something may have needed what the function's contract says. */
  rely(contracted: Node): void {
    this.#relied.add(nodeKey(contracted));
  }

  isReliedOn(contracted: Node): boolean {
    return this.#relied.has(nodeKey(contracted));
  }

  /** Notes that a lock was passed to code we do not see. */
  hand(lock: LockValue, callee: string): void {
    this.#handed.set(nodeKey(lock.site), callee);
  }

  handedTo(lock: LockValue): string | undefined {
    return this.#handed.get(nodeKey(lock.site));
  }

  finish(textOf: (node: Node) => string): readonly Finding[] {
    for (const group of groupBy(this.#releases, ({ node }) => nodeKey(node))) this.#judgeRelease(group);
    for (const finding of judgeOrders(this.#orders)) this.find(finding);
    const findings = [
      ...this.#findings.values(),
      ...judgeWrites(
        groupBy(this.#writes, ({ node }) => nodeKey(node)),
        textOf,
      ),
    ];
    return findings.sort((left, right) => left.node.range[0] - right.node.range[0]);
  }

  /** A second release is a mistake only if it is a second one on every way that leads there. */
  #judgeRelease(observations: readonly ReleaseObservation[]): void {
    const [first] = observations;
    if (
      first?.before === undefined ||
      observations.some(({ isHeld, before }) => isHeld || before === undefined)
    )
      return;
    const { node, before } = first;
    if (before === node) return;
    this.find({
      rule: "release-session-lock",
      message: "releasedTwice",
      node,
      data: { released: place(before) },
      path: undefined,
      related: before,
    });
  }
}
