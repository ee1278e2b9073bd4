// Loaded before the gateway: stops the whole process right before it writes the first bytes that hold a marker, so after
// every look that comes before the write.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const marker = process.env["STOP_BEFORE_WRITE_OF"] ?? "";
const { writeSync } = fs;
let isArmed = marker !== "";

fs.writeSync = (fd, data, ...rest) => {
  if (isArmed && Buffer.isBuffer(data) && data.includes(marker)) {
    isArmed = false;
    process.kill(process.pid, "SIGSTOP");
  }
  return writeSync(fd, data, ...rest);
};
syncBuiltinESMExports();
