import type { ChangeLog } from "./change-log.ts";
import type { ProfileRules } from "./profile.ts";
import type { TargetModel } from "./target-model.ts";

/** What reading one stored message needs to know. */
export interface Reader {
  readonly rules: ProfileRules;
  readonly log: ChangeLog;
  /** Whose signatures can be sent; undefined means nobody's. */
  readonly target: TargetModel | undefined;
  /** Keep the text of a turn that failed or was aborted. */
  readonly keepsPartialText: boolean;
}
