import { homedir } from "node:os";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { homeFolder, piAgentFolder } from "../src/config.ts";

const unknownUser = () => {
  throw new Error("A system error occurred: uv_os_homedir returned ENOENT (no such file or directory)");
};

afterEach(() => vi.unstubAllEnvs());

test("a user whom the system does not know is told what to set, and why", () => {
  vi.stubEnv("SESSION_LOCK_HOME", undefined);
  vi.stubEnv("PI_CODING_AGENT_DIR", undefined);
  const failure = (variable: string) => ({
    code: "IO",
    message: `this user has no home folder to keep sessions in: set HOME or ${variable} to a folder`,
    cause: expect.objectContaining({ message: expect.stringContaining("uv_os_homedir") as string }) as Error,
  });

  expect(() => homeFolder(unknownUser)).toThrow(expect.objectContaining(failure("SESSION_LOCK_HOME")));
  expect(() => piAgentFolder(unknownUser)).toThrow(expect.objectContaining(failure("PI_CODING_AGENT_DIR")));
});

test("who set a folder needs no home folder, but for a tilde", () => {
  vi.stubEnv("SESSION_LOCK_HOME", "/state");
  vi.stubEnv("PI_CODING_AGENT_DIR", "/agent");
  expect(homeFolder(unknownUser)).toBe(path.resolve("/state"));
  expect(piAgentFolder(unknownUser)).toBe(path.resolve("/agent"));

  vi.stubEnv("PI_CODING_AGENT_DIR", "~/agent");
  expect(piAgentFolder()).toBe(path.join(homedir(), "agent"));
  expect(() => piAgentFolder(unknownUser)).toThrow(expect.objectContaining({ code: "IO" }));
});
