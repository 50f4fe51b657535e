/**
 * Frames: what a recording consists of.
 *
 * A frame is its length, its kind, the life that it belongs to, and a body.
 * Frames of one life are in the order of events; frames of different lives
 * interleave as they happened.
 */
import { Schema } from "effect";
import { MEMORY_MIB_MAX } from "../limits.ts";
import { REASON_CHARS_MAX, REPLAY_MS_MAX } from "./limits.ts";
import { Misread, OctetReader, type OctetWriter } from "./octets.ts";
import { readValue, writeValue } from "./value.ts";

/** Their codes are their places. Only ever added to. */
export const KINDS = [
  "component",
  "life",
  "ready",
  "refused",
  "call",
  "asked",
  "told",
  "threw",
  "answered",
  "ended",
  "disposed",
  "dropped",
  "lost",
  "closed",
] as const;

export type Kind = typeof KINDS[number];

export interface Frame {
  /** From 1, over the whole recording. */
  readonly number: number;
  readonly kind: Kind;
  /** Number of the life; 0 where it belongs to none. */
  readonly life: number;
  readonly body: Uint8Array;
}

function bounded(maximum: number) {
  return Schema.Number.check(Schema.isBetween({ minimum: 0, maximum }));
}

/** What every other frame of a life refers to. */
export const LifeHead = Schema.Struct({
  cell: Schema.String,
  generation: Schema.Int,
  /** BLAKE3 of its component. */
  hash: Schema.String,
  memoryMib: bounded(MEMORY_MIB_MAX),
  startMs: bounded(REPLAY_MS_MAX),
  /** Contracts that it was granted. */
  contracts: Schema.Array(Schema.String),
});
export type LifeHead = typeof LifeHead.Type;

/** How something broke off: a trap, a refusal, what a host threw. */
export const Breaking = Schema.Struct({
  kind: Schema.String,
  reason: Schema.String,
});
export type Breaking = typeof Breaking.Type;

export const ComponentBody = Schema.Struct({
  hash: Schema.String,
  octets: Schema.instanceOf(Uint8Array),
});

export const Disposed = Schema.Struct({ memoryOctets: Schema.Int });

/** Why a life or the recording goes on no further. */
export const Reason = Schema.Struct({ reason: Schema.String });

/** Reads the body of a frame that has one value. */
export function bodyOf<A>(
  frame: Frame,
  schema: Schema.Codec<A, unknown>,
): A {
  const value = Schema.decodeUnknownOption(schema)(valueOf(frame));
  if (value._tag === "Some") return value.value;
  throw new Misread(`a frame "${frame.kind}" has another form`);
}

/** The value that a frame carries. */
export function valueOf({ body }: Frame): unknown {
  const reader = new OctetReader(body);
  const value = readValue(reader);
  if (reader.left > 0) throw new Misread("a frame is longer than its value");
  return value;
}

/** A call of an export or an import, in octets: contract, method, arguments. */
export interface Question {
  readonly contract: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Contract and method as they stand at the beginning of a question. */
export function writeHead(
  out: OctetWriter,
  contract: string,
  method: string,
): void {
  out.text(contract);
  out.text(method);
}

export function writeQuestion(
  out: OctetWriter,
  head: Uint8Array,
  args: readonly unknown[],
): void {
  out.raw(head);
  writeValue(out, args);
}

export function readQuestion(octets: Uint8Array): Question {
  const reader = new OctetReader(octets);
  const contract = reader.text();
  const method = reader.text();
  const args = readValue(reader);
  if (!Array.isArray(args) || reader.left > 0) {
    throw new Misread("arguments have another form");
  }
  return { contract, method, args };
}

/** The body of `call`: its deadline, then a question. */
export const CALL_HEAD_OCTETS = 8;

export function readCall(
  { body }: Frame,
): { readonly limitMs: number; readonly question: Question } {
  const limitMs = new OctetReader(body).f64();
  if (!(limitMs >= 0)) throw new Misread(`a deadline of ${limitMs} ms`);
  return { limitMs, question: readQuestion(body.subarray(CALL_HEAD_OCTETS)) };
}

/** An error in words: its kind and its message, bounded. */
export function breakingOf(error: unknown): Breaking {
  const kind = kindOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  return { kind, reason: reason.slice(0, REASON_CHARS_MAX) };
}

function kindOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "kind" in error) {
    return String(error.kind);
  }
  return error instanceof Error ? error.name : typeof error;
}
