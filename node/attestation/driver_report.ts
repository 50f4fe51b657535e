/**
 * A signed report in the words of a policy's rule about drivers.
 *
 * All of its signatures are good, or it says nothing. Whether the signers are
 * conformers, and the report is about the right component, is the rule's question.
 */
import { Effect } from "effect";
import { type Composite, fromUtf8 } from "../../kernel/crypto/mod.ts";
import type { ReadReport, ReportFacts } from "../../kernel/governance/mod.ts";
import { NotSigned, open } from "./dsse.ts";
import { PAYLOAD_TYPE, readStatement } from "./test_result.ts";

/** What a report says of a driver that is no component, too. */
export interface DriverFacts extends ReportFacts {
  /** Its name, without the medium that it was put on. */
  readonly driver: string;
  /** dirHash of its folder. */
  readonly folder: string | undefined;
}

export function reportReader(composite: Composite) {
  const reader = (octets: Uint8Array) =>
    Effect.tryPromise({
      try: () => read(octets, composite),
      catch: (error) => {
        if (!(error instanceof NotSigned)) throw error;
        return { message: `its report says nothing: ${error.message}` };
      },
    });
  return reader satisfies ReadReport;
}

async function read(
  octets: Uint8Array,
  composite: Composite,
): Promise<DriverFacts> {
  const envelope = fromUtf8(octets);
  if (envelope === undefined) throw new NotSigned("it is not UTF-8");
  const { type, payload, signers } = await open(envelope, composite, "report");
  const text = type === PAYLOAD_TYPE ? fromUtf8(payload) : undefined;
  const statement = text === undefined ? undefined : readStatement(text);
  if (statement === undefined) throw new NotSigned("it is of no suite");
  const [subject] = statement.subject;
  const { result, passedTests, configuration } = statement.predicate;
  const { annotations } = configuration[1];
  const { blake3, dirHash } = subject.digest;
  const atMs = Date.parse(annotations.at ?? "");
  return {
    signers,
    driver: subject.name.replace(/\+\w+$/, ""),
    folder: dirHash,
    passed: result === "PASSED" && passedTests.length > 0,
    contract: annotations.interface ?? `${annotations.contract}, no version`,
    component: blake3 === undefined ? undefined : `01${blake3}`,
    atMs: Number.isNaN(atMs) ? undefined : atMs,
  };
}
