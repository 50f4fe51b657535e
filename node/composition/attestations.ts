/** Signed reports: made from a run of a suite, and checked against what is here. */
import { sha256 } from "@noble/hashes/sha2.js";
import { Clock, Effect } from "effect";
import { join } from "node:path";
import type { Report } from "../../conformance/hal/suite/report.ts";
import {
  fromUtf8,
  identityOf,
  identityText,
  platformComposite,
  toHex,
  utf8,
} from "../../kernel/crypto/mod.ts";
import { Refusal } from "../api.ts";
import { dirHash } from "../attestation/dir_hash.ts";
import { NotSigned, open, seal, type Signed } from "../attestation/dsse.ts";
import {
  type Digests,
  PAYLOAD_TYPE,
  readStatement,
  statementOf,
  type TestResult,
} from "../attestation/test_result.ts";
import type { Attestations, CheckedReport } from "../cli/composition.ts";
import { withKeys } from "./keys.ts";
import { folderOf } from "./suites.ts";

/** For drivers and suites of the program's folder, and drivers elsewhere. */
export function attestationsOf(root: string): Attestations {
  return {
    attest: (data, key, report) =>
      withKeys(data, (keys) =>
        Effect.gen(function* () {
          const signer = yield* keys.signer(key, ["report"]);
          const statement = statementOf(
            report,
            {
              ...digestsOf(root, report),
              component: componentOf(root, report),
            },
            {
              interface: interfaceOf(root, report),
              at: new Date(yield* Clock.currentTimeMillis).toISOString(),
            },
          );
          return yield* Effect.promise(() =>
            seal(PAYLOAD_TYPE, utf8(statement), signer, "report")
          );
        })),
    check: (data, text) =>
      withKeys(data, (keys) =>
        Effect.gen(function* () {
          const signed = yield* opened(text);
          const statement = statementIn(signed);
          if (statement === undefined) {
            return yield* new Refusal({
              kind: "invalid",
              message: "it is signed, but is no report of a suite",
              fix: "conform --attest FILE writes one",
            });
          }
          const names = new Map(
            (yield* keys.list).map(({ id, name }) => [id, name]),
          );
          return checked(root, statement, signed, names);
        })),
  };
}

function digestsOf(
  root: string,
  { contract, driver, wit }: Pick<Report, "contract" | "driver" | "wit">,
): Digests {
  return {
    driver: dirHash(folderOf(root, driver)),
    contract: toHex(sha256(Deno.readFileSync(join(root, wit)))),
    suite: dirHash(join(root, "conformance", "hal", contract)),
  };
}

/** BLAKE3 of the component that the driver's `driver.json` names, if it does. */
function componentOf(
  root: string,
  { driver }: Pick<Report, "driver">,
): string | undefined {
  const folder = folderOf(root, driver);
  let text: string;
  try {
    text = Deno.readTextFileSync(join(folder, "driver.json"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const { component } = JSON.parse(text);
  if (typeof component !== "string") return undefined;
  const octets = Deno.readFileSync(join(folder, component));
  return identityText(identityOf(octets)).slice(2);
}

/** The contract's whole name: its package's, with its version. */
function interfaceOf(
  root: string,
  { contract, wit }: Pick<Report, "contract" | "wit">,
): string {
  const text = Deno.readTextFileSync(join(root, wit));
  const [, name = "", version = ""] =
    /^package ([\w:-]+)@([\d.]+);/m.exec(text) ??
      [];
  return `${name}/${contract}@${version}`;
}

const opened = Effect.fnUntraced(function* (text: string) {
  const composite = yield* Effect.promise(() => platformComposite());
  return yield* Effect.tryPromise({
    try: () => open(text, composite, "report"),
    catch: (error) => {
      if (!(error instanceof NotSigned)) throw error;
      return new Refusal({
        kind: "invalid",
        message: `the report says nothing: ${error.message}`,
        fix: "have it made and signed again",
      });
    },
  });
});

function statementIn({ type, payload }: Signed): TestResult | undefined {
  const text = type === PAYLOAD_TYPE ? fromUtf8(payload) : undefined;
  return text === undefined ? undefined : readStatement(text);
}

function checked(
  root: string,
  { subject: [driver], predicate }: TestResult,
  { signers }: Signed,
  names: ReadonlyMap<string, string>,
): CheckedReport {
  const [wit, suite] = predicate.configuration;
  const { contract, platform, seed, leftOut } = suite.annotations;
  return {
    driver: driver.name,
    contract,
    platform,
    seed,
    result: predicate.result,
    passed: predicate.passedTests.length,
    warned: predicate.warnedTests.length,
    failed: predicate.failedTests.length,
    left_out: Object.keys(leftOut).length,
    signers: signers.map((id) => ({ id, name: names.get(id) })),
    ...here(root, {
      driver: driver.name,
      contract,
      wit: wit.name,
      digests: {
        driver: driver.digest.dirHash ?? "",
        contract: wit.digest.sha256 ?? "",
        suite: suite.digest.dirHash ?? "",
      },
    }),
  };
}

interface Tested {
  readonly driver: string;
  readonly contract: string;
  readonly wit: string;
  readonly digests: Digests;
}

function here(
  root: string,
  { driver, contract, wit, digests }: Tested,
): Pick<CheckedReport, "driver_here" | "suite_here"> {
  const absent = { driver_here: "absent", suite_here: "absent" } as const;
  // Names in a report are somebody's words; these lead to no other folder.
  if (
    !/^\w+$/.test(contract) || wit !== `wit/hal/${contract}/${contract}.wit`
  ) {
    return absent;
  }
  try {
    const now = digestsOf(root, { driver, contract, wit });
    const is = (same: boolean) => same ? "same" : "changed";
    return {
      driver_here: is(now.driver === digests.driver),
      suite_here: is(
        now.suite === digests.suite && now.contract === digests.contract,
      ),
    };
  } catch (error) {
    const unknown = error instanceof Refusal ||
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (unknown) return absent;
    throw error;
  }
}
