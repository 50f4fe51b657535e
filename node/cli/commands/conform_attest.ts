/** `conform --attest` and `conform --check`: a report that somebody signed. */
import type { Report } from "../../../conformance/hal/suite/report.ts";
import type { CheckedReport } from "../composition.ts";
import { ask, type Context, EXIT, UsageError } from "../command.ts";
import { read, write } from "./files.ts";

const KEY_DEFAULT = "identity";

/** A part of a suite would pass for the whole. */
export function checkAttest(context: Context): void {
  if (context.text("attest") === undefined) return;
  if (context.text("case") === undefined) return;
  throw new UsageError(
    "--attest signs whole suites, and --case picks from one",
    "leave one of them out",
  );
}

/** Writes the signed report where the command line asks for one. */
export async function attest(context: Context, report: Report): Promise<void> {
  const path = context.text("attest");
  if (path === undefined) return;
  const key = context.text("key") ?? KEY_DEFAULT;
  const { attestations } = context.composition;
  const text = await ask(attestations.attest(context.data, key, report));
  await write(context, path, text);
  context.note(`signed report: ${path}, by ${key}`);
}

/** Exit code 1: the driver failed, is not the one here, or others signed. */
export async function check(context: Context, path: string): Promise<number> {
  const text = new TextDecoder().decode(await read(context, path));
  const { attestations } = context.composition;
  const report = await ask(attestations.check(context.data, text));
  const faults = faultsOf(report, context.text("by"));
  context.print({ ...report, good: faults.length === 0 }, () => {
    const field = (name: string, value: string) =>
      context.line(`${context.dim(name.padEnd(10))}${value}`);
    field("driver", report.driver);
    field("contract", report.contract);
    field(
      "result",
      `${report.result.toLowerCase()}: ${report.passed} passed, ` +
        `${report.failed} failed, ${report.warned} known to fail, ` +
        `${report.left_out} left out`,
    );
    field("ran on", `${report.platform}, seed ${report.seed}`);
    for (const { id, name } of report.signers) {
      field("signed by", `${id} (${name ?? "unknown here"})`);
    }
    for (const fault of faults) context.note(fault);
    if (report.suite_here !== "same") {
      context.note("the suite or the contract here is another one by now");
    }
  });
  return faults.length === 0 ? EXIT.ok : EXIT.refused;
}

function faultsOf(
  { driver, driver_here, result, signers }: CheckedReport,
  by: string | undefined,
): readonly string[] {
  const signed = by === undefined ||
    signers.some(({ id, name }) => id === by || name === by);
  return [
    ...(result === "FAILED" ? ["the driver did not pass"] : []),
    ...(driver_here === "changed"
      ? [`${driver} here is not the one that was tested`]
      : []),
    ...(driver_here === "absent"
      ? [`${driver} is not here, so nothing says that it is the one meant`]
      : []),
    ...(signed ? [] : [`${by} did not sign it`]),
  ];
}
