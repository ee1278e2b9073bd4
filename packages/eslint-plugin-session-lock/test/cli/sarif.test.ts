import { expect, test } from "vitest";
import { conditional, makeProject, unlocked } from "./project.ts";

// What SARIF 2.1.0 (OASIS, errata 01) demands of the objects that the log uses: required properties, their types, and
// the values of its enumerations. Sections 3.13 log, 3.14 run, 3.27 result, 3.36 codeFlow, 3.38 threadFlowLocation.
const text = { text: expect.any(String) as string };
const region = {
  startLine: expect.any(Number) as number,
  startColumn: expect.any(Number) as number,
  endLine: expect.any(Number) as number,
  endColumn: expect.any(Number) as number,
};
const physicalLocation = {
  artifactLocation: { uri: expect.stringMatching(/^[\w./%-]+$/) as string, uriBaseId: "SRCROOT" },
  region,
};

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly codeFlows: readonly {
        readonly threadFlows: readonly {
          readonly locations: readonly {
            readonly location: {
              readonly message: { readonly text: string };
              readonly physicalLocation: { readonly region: { readonly startLine: number } };
            };
          }[];
        }[];
      }[];
    }[];
  }[];
}

test("the SARIF log has the form of version 2.1.0, and its code flows are the ways that lead to the findings", async () => {
  await using project = await makeProject({
    "a b.js": unlocked,
    "b.js": conditional,
    "broken.js": "export const = 1;\n",
  });

  const { out, code } = await project.lint(".", "--format", "sarif");

  const log = JSON.parse(out) as Log;
  expect(log).toMatchObject({
    $schema: expect.stringContaining("sarif-schema-2.1.0.json") as string,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "session-lock-lint", version: expect.any(String) as string } },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: false,
            toolExecutionNotifications: [
              { level: "error", message: text, locations: [{ physicalLocation }] },
            ],
          },
        ],
        results: Array.from({ length: 2 }, () => ({
          ruleId: "session-lock/require-session-lock",
          level: "error",
          message: text,
          locations: [{ physicalLocation }],
          partialFingerprints: { "sessionLock/v1": expect.stringMatching(/^[0-9a-f]{24}$/) as string },
          baselineState: "new",
        })),
      },
    ],
  });
  const [run] = log.runs;
  expect(run?.results.map(({ ruleIndex }) => run.tool.driver.rules[ruleIndex]?.id)).toEqual(
    run?.results.map(({ ruleId }) => ruleId),
  );
  const flows = run?.results.map(({ codeFlows }) =>
    codeFlows[0]?.threadFlows[0]?.locations.map(
      ({ location }) => `${location.physicalLocation.region.startLine} ${location.message.text}`,
    ),
  );
  expect(flows).toEqual([["3 here: appendMessage"], ["5 `careful` is false", "7 here: appendMessage"]]);
  expect(code).toBe(2);
});
