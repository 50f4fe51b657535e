/**
 * Signals with their signature, and the envelopes that carry them.
 *
 * An envelope is what `POST /v1/signals` takes as octets: a signal and the
 * contents that come with it. Decoding is strict and total: the signal inside
 * is decoded as well, and every refusal counts its offset from the start of
 * the octets that were given.
 */
import type { Result } from "effect";
import {
  decodeWith,
  type Malformed,
  Reader,
  SIGNATURE_OCTETS,
  Writer,
} from "../../kernel/crypto/mod.ts";
import { must } from "../../kernel/limits.ts";
import { readBody, type SignalBody } from "./body.ts";
import {
  CONTENT_OCTETS_MAX,
  CONTENTS_OCTETS_MAX,
  SIGNAL_OCTETS_MAX,
} from "./limits.ts";

/** A signal as read: `octets` is `bodyOctets`, then `signature`. */
export interface Signal {
  readonly octets: Uint8Array;
  readonly bodyOctets: Uint8Array;
  readonly body: SignalBody;
  readonly signature: Uint8Array;
}

export interface Envelope {
  readonly signal: Signal;
  readonly contents: readonly Uint8Array[];
  /** The contents still encoded, as `ledger.append` takes them. */
  readonly contentsOctets: Uint8Array;
}

/** A signed signal, or where its octets break which rule. */
export function decodeSignal(
  octets: Uint8Array,
): Result.Result<Signal, Malformed> {
  return decodeWith("signal", octets, (reader) => readSignal(reader, octets));
}

/** The signature is not verified here. */
export function decodeEnvelope(
  octets: Uint8Array,
): Result.Result<Envelope, Malformed> {
  return decodeWith("envelope", octets, (reader) => {
    const length = reader.u32("length of the signal");
    if (length > SIGNAL_OCTETS_MAX) {
      reader.fail(`a signal of ${length} octets is above the limit`, 0);
    }
    const start = reader.offset;
    if (length > reader.left) {
      reader.fail(`the signal has ${length} octets, ${reader.left} are left`);
    }
    const signal = readSignal(reader, octets);
    if (reader.offset !== start + length) {
      reader.fail(
        `the signal ends ${reader.offset - start} octets in, not ${length}`,
        0,
      );
    }
    const contentsOctets = octets.slice(reader.offset);
    return { signal, contents: readContents(reader), contentsOctets };
  });
}

/** The contents of `ledger.append`, or where their octets break which rule. */
export function decodeContents(
  octets: Uint8Array,
): Result.Result<readonly Uint8Array[], Malformed> {
  return decodeWith("contents", octets, readContents);
}

export function encodeContents(
  contents: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  for (const content of contents) {
    must(content.length <= CONTENT_OCTETS_MAX, "a content is at most 1 MiB");
    writer.u32(content.length).octets(content);
  }
  return writer.done();
}

export function encodeEnvelope(
  signal: Uint8Array,
  contents: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  return new Writer().u32(signal.length).octets(signal)
    .octets(encodeContents(contents)).done();
}

function readSignal(reader: Reader, octets: Uint8Array): Signal {
  const start = reader.offset;
  const body = readBody(reader);
  const bodyOctets = octets.slice(start, reader.offset);
  const signature = reader.octets(SIGNATURE_OCTETS, "signature");
  return {
    octets: octets.slice(start, reader.offset),
    bodyOctets,
    body,
    signature,
  };
}

function readContents(reader: Reader): Uint8Array[] {
  if (reader.left > CONTENTS_OCTETS_MAX) {
    reader.fail(`${reader.left} octets of contents are above the limit`);
  }
  const contents: Uint8Array[] = [];
  while (reader.left > 0) {
    const start = reader.offset;
    const field = `content ${contents.length}`;
    const length = reader.u32(`${field} length`);
    if (length > CONTENT_OCTETS_MAX) {
      reader.fail(`${field} has ${length} octets, above 2^20`, start);
    }
    contents.push(reader.octets(length, field));
  }
  return contents;
}
