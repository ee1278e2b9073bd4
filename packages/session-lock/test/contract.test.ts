import { lockContract } from "./contract.ts";

lockContract("kernel");
lockContract("lockfile");
