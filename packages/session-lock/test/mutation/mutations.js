// Guards taken out one at a time. Each has to turn at least one test red.
export const mutations = [
  {
    name: "no queue inside the process",
    file: "src/queue.ts",
    find: "if (this.#lease !== undefined || this.#waiting.length > 0) return undefined;",
    replace: "",
    tests: ["contract"],
  },
  {
    name: "no inode re-check after locking",
    file: "src/engines/lock-file.ts",
    find: "if (found?.ino !== file.ino || found.dev !== file.dev) return undefined;",
    replace: "if (found === undefined) return fstatSync(file.fd);",
    tests: ["litter"],
  },
  {
    name: "a seal that is believed though somebody wrote",
    file: "src/engines/record-seal.ts",
    find: "return found.mtimeMs === seal && found.ctimeMs !== seal;",
    replace: "return found.ctimeMs !== seal && seal !== undefined;",
    tests: ["contract"],
  },
  {
    name: "no re-check after a takeover",
    file: "src/engines/claim-chain.ts",
    find: "if (isChainEnd(folder, nonce)) return",
    replace: "return",
    tests: ["claim-chain"],
  },
  {
    name: "released before revoked",
    file: "src/queue.ts",
    find: "    // In memory first,",
    replace: "    this.#engine.drop(false);\n    // In memory first,",
    tests: ["hold"],
  },
  {
    name: "no fence when a hold is overdue",
    file: "src/queue.ts",
    find: "if (this.#engine.isOurs()) fenceOrWarn(sessionFile);",
    replace: "",
    tests: ["hold"],
  },
  {
    name: "no fence when a lock is broken",
    file: "src/break.ts",
    find: "    fence(sessionFile);\n    unlinkSync(lockPath);",
    replace: "    unlinkSync(lockPath);",
    tests: ["break"],
  },
  {
    name: "a release that does not look whose lock it is",
    file: "src/engines/lock-folder.ts",
    find: "if (!closeChain(folder, nonce, published)) return false;",
    replace: "",
    tests: ["claim-chain", "break"],
  },
  {
    name: "scopes that outlive their lock",
    file: "src/scope.ts",
    find: " && scope.lock.held",
    replace: "",
    tests: ["hold"],
  },
  {
    name: "takeover from a live holder of this host by time",
    file: "src/engines/lock-folder.ts",
    find: 'case "alive":\n      return busy;',
    replace:
      'case "alive":\n      return hasExpired(target.lockPath, end.beat, target.staleMs) ? successorOf(end, "suspect") : busy;',
    tests: ["stall"],
  },
  {
    name: "handles that make their caller the owner",
    file: "src/acquire.ts",
    find: "  if (lock !== undefined) return lock;",
    replace:
      "  if (lock !== undefined) {\n    processState.scopes.enterWith({ lock, outer: undefined });\n    return lock;\n  }",
    tests: ["contract"],
  },
];
