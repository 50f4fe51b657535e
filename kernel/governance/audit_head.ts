/**
 * The head of the audit log, kept beside it: how many records there are, and
 * the hash of the last one.
 *
 * The chain alone cannot show that whole records were cut off its end; the head
 * can. It is written after each record, so the log may be ahead of it by what
 * was appended when the node stopped, and never behind.
 *
 * What it does not show: log and head replaced together by an older pair. Note
 * the head elsewhere for that.
 */
import { Result } from "effect";
import {
  decodeWith,
  DIGEST_OCTETS,
  equalOctets,
  toHex,
  Writer,
} from "../crypto/mod.ts";
import {
  AuditBroken,
  type AuditReading,
  NO_HEAD,
  readAudit,
} from "./audit_record.ts";

export const AUDIT_HEAD_MAGIC = "KAUH";
const VERSION = 1;

export interface AuditHead {
  /** Records that the log has at least. */
  readonly records: bigint;
  /** Hash of the last of them. */
  readonly hash: Uint8Array;
}

export function encodeHead(
  { records, hash }: AuditHead,
): Uint8Array<ArrayBuffer> {
  return new Writer().text(AUDIT_HEAD_MAGIC).u8(VERSION).u64(records)
    .octets(hash).done();
}

/** A log that was read whole and agrees with the head that was noted. */
export interface Verified extends AuditReading {
  /** What was noted; none where no head was kept. */
  readonly noted: AuditHead | undefined;
}

type Verdict = Result.Result<Verified, AuditBroken>;

/** Verifies the chain, and that nothing is missing at its end. */
export function verifyAudit(
  log: Uint8Array,
  head: Uint8Array | undefined,
): Verdict {
  return Result.flatMap(readAudit(log), (reading): Verdict => {
    if (head === undefined) {
      return Result.succeed({ ...reading, noted: undefined });
    }
    const broken = (what: string) =>
      Result.fail(
        new AuditBroken({
          offset: reading.goodOctets,
          sequence: reading.records.length,
          what,
        }),
      );
    const decoded = decodeHead(head);
    if (Result.isFailure(decoded)) {
      return broken(`its noted head: ${decoded.failure.message}`);
    }
    const noted = decoded.success;
    if (noted.records > BigInt(reading.records.length)) {
      return broken(
        `${noted.records} records were noted, the last ${
          toHex(noted.hash)
        }; ${reading.records.length} are there: its end was cut off`,
      );
    }
    const there = reading.hashes[Number(noted.records) - 1] ?? NO_HEAD;
    return equalOctets(there, noted.hash)
      ? Result.succeed({ ...reading, noted })
      : broken(
        `record ${noted.records - 1n} is not the one that was noted, ${
          toHex(noted.hash)
        }: the log was replaced`,
      );
  });
}

function decodeHead(octets: Uint8Array) {
  return decodeWith("audit head", octets, (reader): AuditHead => {
    reader.magic(AUDIT_HEAD_MAGIC);
    const at = reader.offset;
    const version = reader.u8("version");
    if (version !== VERSION) reader.fail(`version ${version}`, at);
    return {
      records: reader.u64("records"),
      hash: reader.octets(DIGEST_OCTETS, "hash"),
    };
  });
}
