import {
  closeSync,
  mkdirSync,
  openSync,
  fstatSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { PathLooks } from "../src/engines/path-looks.ts";
import { tempSession } from "./support/temp.ts";

function openFile(file: string) {
  const fd = openSync(file, "w+");
  const { dev, ino, mtimeMs } = fstatSync(fd);
  return { fd, dev, ino, changedAt: mtimeMs };
}

test("a file that is removed, or another one in its place, is noticed right after a look that found it", () => {
  const file = tempSession();
  const looks = new PathLooks();
  for (let round = 0; round < 200; round += 1) {
    const open = openFile(file);
    expect(looks.look(open, file)?.ino).toBe(open.ino);
    if (round % 2 === 0) unlinkSync(file);
    else {
      writeFileSync(`${file}.new`, "x");
      renameSync(`${file}.new`, file);
    }

    expect(looks.look(open, file, performance.now())).toBeUndefined();
    closeSync(open.fd);
  }
});

test("what is told right after a look is how the file is now", () => {
  const file = tempSession();
  const looks = new PathLooks();
  const open = openFile(file);
  for (let round = 0; round < 200; round += 1) {
    looks.look(open, file);
    writeSync(open.fd, "x");

    const { size, mtimeMs } = statSync(file);
    expect(looks.look(open, file, performance.now())).toMatchObject({ size, mtimeMs });
  }
  closeSync(open.fd);
});

test("that a folder above the file was exchanged is noticed a millisecond later", () => {
  const folder = `${tempSession()}.d`;
  mkdirSync(folder);
  const file = path.join(folder, "lock");
  const looks = new PathLooks();
  const open = openFile(file);
  looks.look(open, file);
  const lookedAt = performance.now();
  renameSync(folder, `${folder}.away`);
  mkdirSync(folder);
  writeFileSync(file, "");
  while (performance.now() - lookedAt <= 1);

  expect(looks.look(open, file, performance.now())).toBeUndefined();
  closeSync(open.fd);
});
