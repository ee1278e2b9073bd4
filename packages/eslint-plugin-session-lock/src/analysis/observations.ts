import type { Activation } from "./machine.ts";
import type { Node } from "./syntax.ts";
import type { LockValue, ManagerValue } from "./values.ts";
import type { Step, World } from "./world.ts";

export type RuleName =
  | "require-session-lock"
  | "release-session-lock"
  | "no-nested-session-lock"
  | "no-stale-session-manager"
  | "no-escaping-session-lock"
  | "no-raw-transcript-write"
  | "no-slow-await-in-session-lock"
  | "valid-lock-annotations";

/** Why a write is not covered in one world. */
export type WriteProblem =
  | { readonly kind: "unlocked" | "callerMustLock" }
  | { readonly kind: "released"; readonly at: Node }
  | { readonly kind: "wrongFile"; readonly lock: LockValue }
  | { readonly kind: "callback"; readonly to: Node }
  | { readonly kind: "notAwaited"; readonly lock: LockValue };

/** A write in one world, with the activation that did it. */
export interface WriteObservation {
  readonly node: Node;
  readonly method: string;
  readonly manager: ManagerValue;
  readonly problem: WriteProblem | undefined;
  readonly world: World;
  readonly activation: Activation;
}

/** A release in one world: of a lock that is held, or of one that was released `before`. */
export interface ReleaseObservation {
  readonly node: Node;
  readonly isHeld: boolean;
  readonly before: Node | undefined;
}

/** What a rule reports. */
export interface Finding {
  readonly rule: RuleName;
  readonly message: string;
  /** Where the report stands. */
  readonly node: Node;
  readonly data: Readonly<Record<string, string>>;
  /** The way through the program that shows it, last step first. */
  readonly path: Step | undefined;
  /** The open, acquire or release it is about. */
  readonly related?: Node;
  /** The call through which the code was entered, where that is what can be changed. */
  readonly via?: Node;
}
