// What is measured: this package and pi, by the same calls; pi 1.5.2 where scripts/fetch-newest-pi.js has put it.
import { SessionManager as Pi073 } from "@mariozechner/pi-coding-agent";
import { SessionManager as Pi087 } from "@earendil-works/pi-coding-agent";
import { SessionManager } from "@session-lock/transcript";
import { withSessionWriteLock } from "session-lock";
import { newestPi } from "../test/newest-pi.ts";

const ours = {
  name: "ours",
  open: (file) => SessionManager.open(file, { durability: "os" }),
  // The lock is part of the price: nobody may append without it.
  write: (file, append) => withSessionWriteLock(file, append),
};
const pi = (name, Manager) => ({ name, open: (file) => Manager.open(file), write: (_, append) => append() });

const newest = await newestPi();

export const subjects = [
  ours,
  pi("pi 0.73.1", Pi073),
  pi("pi 0.87.1", Pi087),
  ...newest.map(([version, Manager]) => pi(`pi ${version}`, Manager)),
];
