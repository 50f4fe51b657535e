/** A run as JUnit's XML, the form that build servers read. */
import { xmlText } from "./markup.ts";
import {
  commandOf,
  evidenceOf,
  placeOf,
  type Report,
  totalsOf,
} from "./report.ts";
import { isRed, type Result } from "./run.ts";

export function junit(report: Report): string {
  const { failed, leftOut, known } = totalsOf(report.results);
  const seconds = report.results.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  const counts = `tests="${report.results.length}" failures="${failed}" ` +
    `skipped="${leftOut + known}" time="${seconds.toFixed(3)}"`;
  const name = `${report.contract} on ${report.driver}`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites ${counts}>`,
    `  <testsuite name="${xmlText(name)}" ${counts}>`,
    `    <properties>`,
    property("platform", report.platform),
    property("seed", String(report.seed)),
    `    </properties>`,
    ...report.results.flatMap((result) => testcase(report, result)),
    `  </testsuite>`,
    `</testsuites>`,
    ``,
  ].join("\n");
}

function property(name: string, value: string): string {
  return `      <property name="${name}" value="${xmlText(value)}"/>`;
}

function testcase(report: Report, result: Result): ReadonlyArray<string> {
  const group = `${report.contract}.${result.group}`;
  const head = `    <testcase classname="${xmlText(group)}" name="${
    xmlText(result.claim)
  }" time="${(result.ms / 1000).toFixed(3)}"`;
  if (result.verdict === "passed") return [`${head}/>`];
  if (!isRed(result.verdict)) {
    const why = xmlText(result.reason ?? "");
    return [`${head}>`, `      <skipped message="${why}"/>`, `    </testcase>`];
  }
  const evidence = evidenceOf(result);
  const body = [
    `promise: ${placeOf(report, result.promise)}`,
    report.promises.get(result.promise)?.text ?? "",
    `evidence: ${evidence}`,
    `seed: ${report.seed}`,
    `again: ${commandOf(report, result)}`,
  ].join("\n");
  const [first = ""] = evidence.split("\n", 1);
  return [
    `${head}>`,
    `      <failure message="${xmlText(first)}">${xmlText(body)}</failure>`,
    `    </testcase>`,
  ];
}
