import packageJson from "../../package.json" with { type: "json" };
import { rules } from "../rules/catalog.ts";
import type { Region, Report, ReportedFinding, Trouble } from "./report.ts";

const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** The report as a SARIF 2.1.0 log; each result carries the way that leads to it as a code flow. */
export function toSarif({ findings, troubles }: Report): string {
  const driverRules = Object.entries(rules).map(([name, { meta }]) => ({
    id: `session-lock/${name}`,
    name,
    shortDescription: { text: meta.docs?.description ?? name },
    ...(meta.docs?.url === undefined ? {} : { helpUri: meta.docs.url }),
  }));
  const ids = driverRules.map(({ id }) => id);
  const log = {
    $schema: schema,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "session-lock-lint",
            version: packageJson.version,
            semanticVersion: packageJson.version,
            rules: driverRules,
          },
        },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: troubles.length === 0,
            toolExecutionNotifications: troubles.map(toNotification),
          },
        ],
        results: findings.map((finding) => toResult(finding, ids.indexOf(finding.rule))),
      },
    ],
  };
  return JSON.stringify(log, undefined, 2);
}

function toResult(finding: ReportedFinding, ruleIndex: number): object {
  const { file, rule, severity, message, fingerprint, witness, isKnown } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: { text: message },
    locations: [toLocation(file, finding)],
    partialFingerprints: { "sessionLock/v1": fingerprint },
    baselineState: isKnown ? "unchanged" : "new",
    codeFlows: [
      {
        threadFlows: [
          {
            locations: witness.map((step, index) => ({
              executionOrder: index + 1,
              importance: index === witness.length - 1 ? "essential" : "important",
              location: { ...toLocation(file, step), message: { text: step.what } },
            })),
          },
        ],
      },
    ],
  };
}

function toNotification({ file, line, column, message }: Trouble): object {
  const region = { line, column, endLine: line, endColumn: column };
  return { level: "error", message: { text: message }, locations: [toLocation(file, region)] };
}

function toLocation(file: string, { line, column, endLine, endColumn }: Region): object {
  return {
    physicalLocation: {
      artifactLocation: { uri: file.split("/").map(encodeURIComponent).join("/"), uriBaseId: "SRCROOT" },
      region: { startLine: line, startColumn: column, endLine, endColumn },
    },
  };
}
