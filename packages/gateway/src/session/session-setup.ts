import type { Logger } from "pino";
import type { Hub } from "../connection/hub.ts";
import type { Peers } from "../lane/peers.ts";
import type { RunBoard } from "../run/run-board.ts";
import type { AgentRunner } from "../runners/runner.ts";

/** What sessions share. */
export interface SessionSetup {
  readonly agentId: string;
  readonly runner: AgentRunner;
  readonly hub: Hub;
  readonly board: RunBoard;
  readonly log: Logger;
  /** The gateways on the state folder. */
  readonly peers: Peers;
  /** The folder of the session store. */
  readonly storePath: string;
  /** What other gateways are told of this one. */
  readonly name: string;
}
