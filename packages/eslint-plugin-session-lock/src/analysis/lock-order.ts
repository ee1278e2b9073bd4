import type { Finding } from "./observations.ts";
import { place } from "./place.ts";
import type { Node } from "./syntax.ts";
import type { Step } from "./world.ts";

/** A lock that was taken while the lock of another file was held. */
export interface OrderObservation {
  readonly outer: string;
  readonly inner: string;
  readonly outerSite: Node;
  readonly innerSite: Node;
  readonly path: Step | undefined;
}

/** Two files whose locks are taken in both orders: two callers can wait for each other. */
export function judgeOrders(orders: readonly OrderObservation[]): readonly Finding[] {
  const seen = new Map<string, OrderObservation>();
  return orders.flatMap((order) => {
    const opposite = seen.get(`${order.inner} ${order.outer}`);
    const key = `${order.outer} ${order.inner}`;
    if (!seen.has(key)) seen.set(key, order);
    if (opposite === undefined) return [];
    return [
      {
        rule: "no-nested-session-lock",
        message: "order",
        node: order.innerSite,
        data: {
          outer: place(order.outerSite),
          otherOuter: place(opposite.outerSite),
          other: place(opposite.innerSite),
        },
        path: order.path,
        related: opposite.innerSite,
      } as const,
    ];
  });
}
