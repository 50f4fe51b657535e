/**
 * What a run of a suite on a driver came to, as a statement to be signed.
 *
 * An in-toto statement with the predicate "test result": the subject is the
 * driver by the digest of its folder, the configuration is the contract and the
 * suite by theirs. A case that was left out is in neither list of tests; its
 * reason stands beside the suite. A known failure is a warning.
 *
 * Source: https://github.com/in-toto/attestation, spec v1 and
 * predicates/test-result.md v0.1
 */
import { Result, Schema } from "effect";
import type { Report } from "../../conformance/hal/suite/report.ts";
import type { Verdict } from "../../conformance/hal/suite/run.ts";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const STATEMENT = "https://in-toto.io/Statement/v1";
const TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1";

export interface Digests {
  /** dirHash of the driver's folder. */
  readonly driver: string;
  /** BLAKE3 of the component, of a driver that is one: 64 digits. */
  readonly component?: string | undefined;
  /** SHA-256 of the contract's file. */
  readonly contract: string;
  /** dirHash of the suite's folder. */
  readonly suite: string;
}

const Digest = Schema.Record(Schema.String, Schema.String);
const Statement = Schema.fromJsonString(Schema.Struct({
  _type: Schema.Literal(STATEMENT),
  subject: Schema.Tuple([Schema.Struct({
    name: Schema.String,
    digest: Digest,
  })]),
  predicateType: Schema.Literal(TEST_RESULT),
  predicate: Schema.Struct({
    result: Schema.Literals(["PASSED", "WARNED", "FAILED"]),
    configuration: Schema.Tuple([
      Schema.Struct({ name: Schema.String, digest: Digest }),
      Schema.Struct({
        name: Schema.String,
        digest: Digest,
        annotations: Schema.Struct({
          contract: Schema.String,
          platform: Schema.String,
          seed: Schema.Int,
          // Reports from before have neither.
          interface: Schema.optionalKey(Schema.String),
          at: Schema.optionalKey(Schema.String),
          leftOut: Schema.Record(Schema.String, Schema.String),
        }),
      }),
    ]),
    passedTests: Schema.Array(Schema.String),
    warnedTests: Schema.Array(Schema.String),
    failedTests: Schema.Array(Schema.String),
  }),
}));
export type TestResult = typeof Statement.Type;
const decode = Schema.decodeUnknownResult(Statement);
const encode = Schema.encodeSync(Statement);

/** What a report is beside its run. */
export interface Made {
  /** The contract's whole name, such as `karyon:hal/block@0.1.0`. */
  readonly interface: string;
  /** When, as RFC 3339. */
  readonly at: string;
}

export function statementOf(
  report: Report,
  digests: Digests,
  made?: Made,
): string {
  const tests = (...verdicts: readonly Verdict[]) =>
    report.results.filter(({ verdict }) => verdicts.includes(verdict))
      .map(({ id }) => id);
  const failedTests = tests("failed", "unexpected-pass");
  const warnedTests = tests("known-failure");
  const leftOut = Object.fromEntries(
    report.results.flatMap(({ id, verdict, reason = "" }) =>
      verdict === "left-out" ? [[id, reason]] : []
    ),
  );
  const { contract, driver, platform, seed, wit } = report;
  return encode({
    _type: STATEMENT,
    subject: [{
      name: driver,
      digest: {
        dirHash: digests.driver,
        ...(digests.component !== undefined && { blake3: digests.component }),
      },
    }],
    predicateType: TEST_RESULT,
    predicate: {
      result: failedTests.length > 0
        ? "FAILED"
        : warnedTests.length > 0
        ? "WARNED"
        : "PASSED",
      configuration: [
        { name: wit, digest: { sha256: digests.contract } },
        {
          name: `conformance/hal/${contract}`,
          digest: { dirHash: digests.suite },
          annotations: { contract, platform, seed, ...made, leftOut },
        },
      ],
      passedTests: tests("passed"),
      warnedTests,
      failedTests,
    },
  });
}

/** The statement in a text; nothing where it is another kind of statement. */
export function readStatement(text: string): TestResult | undefined {
  const decoded = decode(text);
  return Result.isSuccess(decoded) ? decoded.success : undefined;
}
