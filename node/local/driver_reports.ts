/**
 * Signed reports about the drivers that a system file names.
 *
 * Where the file says `"reports": "required"`, what the policy wants of drivers that
 * governance puts in place holds for those of the file, too: each driver, and each
 * cell whose component exports a device contract, names a report by a conformer of
 * the policy that it passed. About a driver that is a component the report has to
 * name that component; about any other one, the sources that are here.
 *
 * Deliberately absent: the age of a report. A start puts nothing in place, and a
 * node must not stop starting because time went by.
 */
import { Effect, Result } from "effect";
import {
  deviceExports,
  reportFault,
  type ReportRule,
  strangeTo,
} from "../../kernel/governance/mod.ts";
import type { System } from "../../kernel/manifest/system_file.ts";
import { Refusal } from "../api.ts";
import { dirHash } from "../attestation/dir_hash.ts";
import type {
  DriverFacts,
  reportReader,
} from "../attestation/driver_report.ts";
import { reasonOf } from "./data_directory.ts";
import { DRIVER_CONTRACTS } from "./drivers.ts";
import { readIfThere } from "./files.ts";
import { BUILT_OCTETS_MAX } from "./limits.ts";

const REPORT_OCTETS_MAX = 2 ** 20;
const DRIVERS = decodeURIComponent(
  new URL("../../drivers", import.meta.url).pathname,
);

export interface ReportsWanted {
  readonly system: System;
  /** Components and reports lie relative to it. */
  readonly folder: string;
  readonly rule: ReportRule | undefined;
  readonly read: ReturnType<typeof reportReader>;
  /** Where the sources of drivers are; another folder in tests. */
  readonly sources?: string;
}

/** Something that drives a device, and what a report has to be about. */
interface Driven {
  readonly place: string;
  /** What `conform --driver` takes. */
  readonly driver: string;
  readonly report: string | undefined;
  readonly contracts: readonly string[];
  strange(facts: DriverFacts): string | undefined;
}

/** Refuses to go on where the file wants reports, and one is not as it must be. */
export const checkReports = Effect.fn("node.driver_reports")(
  function* (wanted: ReportsWanted) {
    const { system, rule } = wanted;
    if (system.reports === undefined) return;
    if (rule === undefined) {
      return yield* new Refusal({
        kind: "failed",
        message: 'the system file says "reports": "required", and the policy ' +
          "names nobody whose word counts",
        fix: "have the governors sign a policy with conformers (deno run " +
          "kernel keys policy --conformer NAME, then propose set-policy), " +
          'or take "reports" out until then',
      });
    }
    const driven = yield* Effect.try({
      try: () => drivenBy(wanted),
      catch: (error) =>
        new Refusal({ kind: "failed", message: reasonOf(error) }),
    });
    const faults: string[] = [];
    const commands = new Set<string>();
    for (const one of driven) {
      const fault = yield* faultOf(one, wanted, rule);
      if (fault === undefined) continue;
      faults.push(`${one.place}: ${fault}`);
      commands.add(
        `deno run kernel conform --driver ${one.driver} --attest FILE --key NAME`,
      );
    }
    if (faults.length === 0) return;
    return yield* new Refusal({
      kind: "failed",
      message: 'the system file says "reports": "required":\n  ' +
        faults.join("\n  "),
      fix: `${[...commands].join("; ")}, where NAME is a key of a conformer (${
        rule.conformers.join(", ")
      }); then name FILE as its "report", beside the system file or below`,
    });
  },
);

const faultOf = Effect.fnUntraced(
  function* (
    { report, contracts, strange }: Driven,
    { folder, read }: ReportsWanted,
    { conformers }: ReportRule,
  ) {
    if (report === undefined) return "it names no signed report";
    const octets = yield* Effect.result(Effect.try({
      try: () => readIfThere(`${folder}/${report}`, REPORT_OCTETS_MAX),
      catch: reasonOf,
    }));
    if (Result.isFailure(octets)) return octets.failure;
    if (octets.success === undefined) {
      return `its report ${report} is not there`;
    }
    const facts = yield* Effect.result(read(octets.success));
    if (Result.isFailure(facts)) return facts.failure.message;
    return reportFault({
      facts: facts.success,
      rule: { conformers, days: 0 },
      contracts,
      strange: strange(facts.success),
      nowMs: 0,
    });
  },
);

function drivenBy({ system, folder, sources }: ReportsWanted): Driven[] {
  const drivers = [...system.drivers.values()].map((spec): Driven => {
    const component = spec.config.get("component");
    const contracts = [...DRIVER_CONTRACTS.get(spec.driver) ?? []];
    const { name, driver, report } = spec;
    const place = `drivers.${name}`;
    const path = `${sources ?? DRIVERS}/${driver.replaceAll("-", "_")}`;
    return {
      ...{ place, driver, report, contracts },
      strange: (facts) =>
        component === undefined
          ? changed(facts, driver, path)
          : strangeTo(octetsOf(`${folder}/${component}`), facts),
    };
  });
  const cells = [...system.cells.values()].flatMap((spec): Driven[] => {
    const octets = readIfThere(`${folder}/${spec.component}`, BUILT_OCTETS_MAX);
    // One that is not there, or no component, does not start either.
    const exported = octets && deviceExports(octets);
    if (octets === undefined || exported === undefined) return [];
    if (Result.isFailure(exported) || exported.success.length === 0) return [];
    return [{
      place: `cells.${spec.name}`,
      driver: "DRIVER",
      report: spec.report,
      contracts: exported.success,
      strange: (facts) => strangeTo(octets, facts),
    }];
  });
  return [...drivers, ...cells];
}

function octetsOf(path: string): Uint8Array {
  return readIfThere(path, BUILT_OCTETS_MAX) ?? new Uint8Array();
}

/** Why a report is not about the sources that are here. */
function changed(
  { driver: tested, folder }: DriverFacts,
  driver: string,
  path: string,
): string | undefined {
  if (tested !== driver) return `its report is about ${tested}, not ${driver}`;
  return folder === dirHash(path)
    ? undefined
    : `its report is about other sources of ${driver}: one of the two changed`;
}
