/**
 * Records of the audit log: octets, chain and the reading of a whole file.
 *
 * The layout is in ENCODING.md. A record's hash covers the hash before it, so
 * no record can be changed, dropped, added or moved without breaking every
 * later one. Cutting whole records off the end is not detected by the chain
 * alone: that is what the head beside it is for (audit_head.ts).
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { Result, Schema } from "effect";
import {
  concatOctets,
  decodeWith,
  DIGEST_OCTETS,
  equalOctets,
  type Malformed,
  type Reader,
  utf8,
  Writer,
} from "../crypto/mod.ts";
import { must } from "../limits.ts";
import {
  AUDIT_FACTS_MAX,
  AUDIT_NAME_OCTETS_MAX,
  AUDIT_PAYLOAD_OCTETS_MAX,
  AUDIT_TEXT_OCTETS_MAX,
} from "./limits.ts";

/** In the order of their codes, from 1. */
export const AUDIT_KINDS = [
  "boot",
  "received",
  "signed",
  "refused",
  "executing",
  "executed",
  "rolled-back",
  "cell-fault",
  "key-made",
  "kept",
  "cell-disabled",
  "withdrawn",
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** Facts in their order; a name is written once. */
export type AuditFacts = Readonly<Record<string, string>>;

export interface AuditRecord {
  readonly sequence: bigint;
  readonly timeMs: bigint;
  readonly kind: AuditKind;
  readonly facts: AuditFacts;
}

/** What a file of records holds. */
export interface AuditReading {
  readonly records: readonly AuditRecord[];
  /** The hash of the last whole record; 32 zeros where there is none. */
  readonly head: Uint8Array;
  /** The hash of each record. */
  readonly hashes: readonly Uint8Array[];
  /** Octets of whole records. */
  readonly goodOctets: number;
  /** Octets of a torn tail behind them. */
  readonly tornOctets: number;
}

/** The log was changed or rotted. Nothing was cut. */
export class AuditBroken
  extends Schema.TaggedError<AuditBroken>()("AuditBroken", {
    /** Where the record begins that does not fit. */
    offset: Schema.Int,
    sequence: Schema.Int,
    what: Schema.String,
  }) {
  override get message(): string {
    return `the audit log is broken at octet ${this.offset}, record ${this.sequence}: ${this.what}`;
  }
}

export const NO_HEAD: Uint8Array = new Uint8Array(DIGEST_OCTETS);
const HEADER_OCTETS = 8;
/** The last instant that a date can show. */
const DATE_MS_MAX = 8_640_000_000_000_000n;
const CUT_MARK = "…";

/** The octets of the record that follows `head`, and the new head. */
export function sealRecord(
  head: Uint8Array,
  record: AuditRecord,
): { readonly octets: Uint8Array<ArrayBuffer>; readonly head: Uint8Array } {
  const payload = writePayload(record);
  must(payload.length <= AUDIT_PAYLOAD_OCTETS_MAX, "an audit record fits");
  const length = new Writer().u32(payload.length).done();
  const front = concatOctets([length, checkOf(head, length), payload]);
  const hash = blake3(concatOctets([head, front]));
  return { octets: concatOctets([front, hash]), head: hash };
}

function checkOf(head: Uint8Array, length: Uint8Array): Uint8Array {
  return blake3(concatOctets([head, length])).slice(0, 4);
}

function writePayload(record: AuditRecord): Uint8Array<ArrayBuffer> {
  const facts = Object.entries(record.facts);
  must(facts.length <= AUDIT_FACTS_MAX, "an audit record has at most 16 facts");
  const writer = new Writer().u64(record.sequence).u64(record.timeMs)
    .u8(AUDIT_KINDS.indexOf(record.kind) + 1).u8(facts.length);
  for (const [name, text] of facts) {
    const key = utf8(name);
    must(isName(name, key.length), "an audit fact has a short, proper name");
    const value = cutText(text);
    writer.u8(key.length).octets(key).u16(value.length).octets(value);
  }
  return writer.done();
}

/** A letter first: so facts keep their order, also as members of an object. */
function isName(name: string, octets: number): boolean {
  return octets <= AUDIT_NAME_OCTETS_MAX && /^[a-z]/.test(name);
}

/** At most the limit, cut between characters and marked. */
function cutText(text: string): Uint8Array {
  const octets = utf8(text);
  if (octets.length <= AUDIT_TEXT_OCTETS_MAX) return octets;
  const mark = utf8(CUT_MARK);
  let end = AUDIT_TEXT_OCTETS_MAX - mark.length;
  while (((octets[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return concatOctets([octets.slice(0, end), mark]);
}

function readPayload(
  octets: Uint8Array,
): Result.Result<AuditRecord, Malformed> {
  return decodeWith("audit record", octets, (reader) => {
    const sequence = reader.u64("sequence");
    const timeMs = reader.u64("time");
    const kindAt = reader.offset;
    const code = reader.u8("kind");
    const kind = AUDIT_KINDS[code - 1];
    if (kind === undefined) return reader.fail(`kind ${code}`, kindAt);
    return { sequence, timeMs, kind, facts: readFacts(reader) };
  });
}

function readFacts(reader: Reader): AuditFacts {
  const start = reader.offset;
  const count = reader.u8("number of facts");
  if (count > AUDIT_FACTS_MAX) reader.fail(`${count} facts`, start);
  const facts = new Map<string, string>();
  for (let index = 0; index < count; index += 1) {
    const at = reader.offset;
    const length = reader.u8("length of name");
    const name = reader.text(length, "name");
    if (!isName(name, length)) {
      reader.fail(`${JSON.stringify(name)} is no fact's name`, at);
    }
    if (facts.has(name)) reader.fail(`fact ${name} is written twice`, at);
    facts.set(name, readText(reader));
  }
  return Object.fromEntries(facts);
}

function readText(reader: Reader): string {
  const start = reader.offset;
  const length = reader.u16("length of text");
  if (length > AUDIT_TEXT_OCTETS_MAX) {
    reader.fail(`a text of ${length} octets`, start);
  }
  return reader.text(length, "text");
}

/** Reads and verifies a whole log. */
export function readAudit(
  octets: Uint8Array,
): Result.Result<AuditReading, AuditBroken> {
  const records: AuditRecord[] = [];
  const hashes: Uint8Array[] = [];
  let head = NO_HEAD;
  let at = 0;
  while (at < octets.length) {
    const rest = octets.subarray(at);
    const one = openRecord(head, rest, BigInt(records.length));
    if (one === "torn") break;
    if (typeof one === "string") {
      return Result.fail(
        new AuditBroken({ offset: at, sequence: records.length, what: one }),
      );
    }
    records.push(one.record);
    head = one.head;
    hashes.push(head);
    at += one.octets;
  }
  const tornOctets = octets.length - at;
  return Result.succeed({ records, hashes, head, goodOctets: at, tornOctets });
}

interface Opened {
  readonly record: AuditRecord;
  readonly head: Uint8Array;
  readonly octets: number;
}

/** One record at the front of `rest`; `torn`, or what does not fit. */
function openRecord(
  head: Uint8Array,
  rest: Uint8Array,
  sequence: bigint,
): Opened | string {
  if (rest.length < HEADER_OCTETS || rest.every((octet) => octet === 0)) {
    return "torn";
  }
  const lengthOctets = rest.slice(0, 4);
  if (!equalOctets(rest.slice(4, 8), checkOf(head, lengthOctets))) {
    return "the length or the record before it was changed";
  }
  const length = new DataView(lengthOctets.buffer).getUint32(0, true);
  if (length < 1 || length > AUDIT_PAYLOAD_OCTETS_MAX) {
    return `its payload has ${length} octets`;
  }
  const bodyEnd = HEADER_OCTETS + length;
  const end = bodyEnd + DIGEST_OCTETS;
  if (rest.length < end) return "torn";
  const hash = rest.slice(bodyEnd, end);
  const expected = blake3(concatOctets([head, rest.subarray(0, bodyEnd)]));
  if (!equalOctets(hash, expected)) {
    const unwritten = rest.subarray(bodyEnd).every((octet) => octet === 0);
    return unwritten ? "torn" : "its hash does not fit its octets";
  }
  const record = readPayload(rest.slice(HEADER_OCTETS, bodyEnd));
  if (Result.isFailure(record)) return record.failure.message;
  if (record.success.sequence !== sequence) {
    return `its sequence is ${record.success.sequence}`;
  }
  return { record: record.success, head: hash, octets: end };
}

/** For readers of a log: `2026-11-21T03:00:00.000Z executed cell=rank …`. */
export function renderRecord(record: AuditRecord): string {
  const facts = Object.entries(record.facts)
    .map(([name, text]) => `${name}=${JSON.stringify(text)}`);
  const time = record.timeMs <= DATE_MS_MAX
    ? new Date(Number(record.timeMs)).toISOString()
    : `${record.timeMs} ms`;
  return [`#${record.sequence}`, time, record.kind, ...facts].join(" ");
}
