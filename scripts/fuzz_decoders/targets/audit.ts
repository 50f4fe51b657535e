/**
 * kernel/governance: the audit log, as a file, and record by record.
 *
 * Changed octets break the chain before anything in them is read. So records
 * are also sealed anew around changed payloads, as whoever can write the whole
 * file would do.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { concatOctets, Writer } from "../../../kernel/crypto/mod.ts";
import {
  AuditBroken,
  type AuditReading,
  type AuditRecord,
  encodeHead,
  NO_HEAD,
  readAudit,
  renderRecord,
  sealRecord,
  verifyAudit,
} from "../../../kernel/governance/mod.ts";
import {
  hold,
  isCanonical,
  judged,
  octetsTarget,
  type Target,
} from "../target.ts";

const HEADER_OCTETS = 8;
const DIGEST_OCTETS = 32;

const RECORDS: readonly AuditRecord[] = [
  { sequence: 0n, timeMs: 1_796_000_000_000n, kind: "boot", facts: {} },
  {
    sequence: 1n,
    timeMs: 1_796_000_000_001n,
    kind: "received",
    facts: { action: "swap", cell: "rank", note: "faster ✓" },
  },
  {
    sequence: 2n,
    timeMs: 1_796_000_000_002n,
    kind: "cell-fault",
    facts: { cell: "query", what: "x".repeat(300) },
  },
];

const isBroken = (failure: unknown) => failure instanceof AuditBroken;

function sealed(records: readonly AuditRecord[]) {
  let head = NO_HEAD;
  const parts: Uint8Array[] = [];
  for (const record of records) {
    const one = sealRecord(head, record);
    head = one.head;
    parts.push(one.octets);
  }
  return { octets: concatOctets(parts), head };
}

function checkReading(octets: Uint8Array, reading: AuditReading): void {
  const { goodOctets, tornOctets, records } = reading;
  hold(
    goodOctets + tornOctets === octets.length,
    "octets are not accounted for",
  );
  for (const record of records) renderRecord(record);
  isCanonical(octets.subarray(0, goodOctets), sealed(records).octets);
}

/** A whole record around a payload, its hashes right. */
function sealedPayload(payload: Uint8Array): Uint8Array {
  const length = new Writer().u32(payload.length).done();
  const check = blake3(concatOctets([NO_HEAD, length])).slice(0, 4);
  const front = concatOctets([length, check, payload]);
  return concatOctets([front, blake3(concatOctets([NO_HEAD, front]))]);
}

export const AUDIT: readonly Target[] = [
  octetsTarget({
    name: "audit-log",
    about: "the whole log, changed after it was sealed",
    seeds: () => [sealed(RECORDS).octets, sealed(RECORDS.slice(0, 1)).octets],
    run: (octets) =>
      judged(
        readAudit(octets),
        isBroken,
        (reading) => checkReading(octets, reading),
      ),
  }),
  octetsTarget({
    name: "audit-record",
    about: "a record of the log, sealed after it was changed",
    octetsMax: 16 * 1024,
    seeds: () =>
      RECORDS.map((record) => {
        const { octets } = sealRecord(NO_HEAD, { ...record, sequence: 0n });
        return octets.slice(HEADER_OCTETS, octets.length - DIGEST_OCTETS);
      }),
    run: (payload) => {
      const octets = sealedPayload(payload);
      return judged(
        readAudit(octets),
        isBroken,
        (reading) => checkReading(octets, reading),
      );
    },
  }),
  octetsTarget({
    name: "audit-head",
    about: "the head that was noted beside the log",
    octetsMax: 1024,
    seeds: () => {
      const { head } = sealed(RECORDS);
      return [
        encodeHead({ records: 3n, hash: head }),
        encodeHead({ records: 0n, hash: NO_HEAD }),
      ];
    },
    run: (octets) =>
      judged(
        verifyAudit(sealed(RECORDS).octets, octets),
        isBroken,
        ({ noted }) => {
          hold(noted !== undefined, "a head was given and is not there");
          isCanonical(octets, encodeHead(noted));
        },
      ),
  }),
];
