import { rename, rm, symlink } from "node:fs/promises";

/** Puts something in the place of the lane's lock that no lock can be; returns the way to take it away. */
export async function spoilLane(sessionFile: string): Promise<() => Promise<void>> {
  const lock = `${sessionFile}.lane.lock`;
  await symlink("/dev/null", `${lock}.new`);
  await rename(`${lock}.new`, lock);
  return () => rm(lock);
}
