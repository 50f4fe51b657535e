/**
 * The statement that neurons belong to one avatar, as octets.
 *
 * The body names the avatar and its neurons; behind it stand the key bundle of
 * each of them and, once it has signed, its signature over the body. So the
 * octets are complete: whoever has them needs no node to check them
 * (`verify.ts`). Layout and rules: wit/cells/graph/avatars.md.
 *
 * Deliberately absent: whether it holds. A statement that decodes may lack
 * signatures, or have wrong ones.
 */
import type { Result } from "effect";
import {
  BUNDLE_OCTETS,
  compareOctets,
  decodeWith,
  equalOctets,
  IDENTITY_OCTETS,
  identityOf,
  isIdentity,
  type Malformed,
  type Reader,
  SIGNATURE_OCTETS,
  Writer,
} from "../../kernel/crypto/mod.ts";
import { must } from "../../kernel/limits.ts";

const MAGIC = "KAVT";
const VERSION = 1;
/** Neurons of one statement, the avatar itself not counted. */
export const NEURONS_MAX = 64;
/** A statement's edition is below this. */
export const EDITION_END = 2 ** 32;
/** Milliseconds that are a whole number everywhere. */
export const TIME_END = 1n << 53n;
export const NO_PREVIOUS: Uint8Array = new Uint8Array(IDENTITY_OCTETS);

const HEAD_OCTETS = 4 + 1 + 2 * IDENTITY_OCTETS + 4 + IDENTITY_OCTETS + 8 + 1;
const HAND_OCTETS_MAX = BUNDLE_OCTETS + 1 + SIGNATURE_OCTETS;
export const STATEMENT_OCTETS_MAX = HEAD_OCTETS +
  NEURONS_MAX * IDENTITY_OCTETS + (1 + NEURONS_MAX) * HAND_OCTETS_MAX;
must(STATEMENT_OCTETS_MAX <= 1 << 20, "a statement is a content of a signal");

/** What is signed. */
export interface StatementBody {
  readonly network: Uint8Array;
  readonly avatar: Uint8Array;
  /** From 0; a later statement takes the place of an earlier one. */
  readonly edition: number;
  /** Identity of the edition before; zeros for edition 0. */
  readonly previous: Uint8Array;
  /** Milliseconds since 1970, as the signers believe; decides nothing. */
  readonly time: bigint;
  /** Ascending, each once, without the avatar; may be none. */
  readonly neurons: readonly Uint8Array[];
}

/** One of those who sign: the avatar, or one of its neurons. */
export interface Hand {
  readonly bundle: Uint8Array;
  /** Absent until it has signed. */
  readonly signature?: Uint8Array | undefined;
}

export interface Statement {
  readonly body: StatementBody;
  readonly bodyOctets: Uint8Array;
  /** Identity of the body. */
  readonly id: Uint8Array;
  /** The avatar's, then one for each neuron, in their order. */
  readonly hands: readonly Hand[];
}

/** Whose hand is which: the avatar first. */
export function signersOf({ avatar, neurons }: StatementBody) {
  return [avatar, ...neurons];
}

/** Octets of a body that keeps every rule; another one is a bug here. */
export function encodeStatementBody(body: StatementBody): Uint8Array {
  const { neurons } = body;
  must(neurons.length <= NEURONS_MAX, "at most 64 neurons");
  must(body.edition >= 0 && body.edition < EDITION_END, "an edition is a u32");
  const writer = new Writer().text(MAGIC).u8(VERSION).octets(body.network)
    .octets(body.avatar).u32(body.edition).octets(body.previous)
    .u64(body.time).u8(neurons.length);
  for (const neuron of neurons) writer.octets(neuron);
  return writer.done();
}

export function encodeStatement(
  bodyOctets: Uint8Array,
  hands: readonly Hand[],
): Uint8Array<ArrayBuffer> {
  const writer = new Writer().octets(bodyOctets);
  for (const { bundle, signature } of hands) {
    writer.octets(bundle).u8(signature === undefined ? 0 : 1);
    if (signature !== undefined) writer.octets(signature);
  }
  return writer.done();
}

/** Form only; `verifyStatement` says whether it holds. */
export function decodeStatement(
  octets: Uint8Array,
): Result.Result<Statement, Malformed> {
  return decodeWith("avatar statement", octets, (reader) => {
    const body = readBody(reader);
    const bodyOctets = octets.slice(0, reader.offset);
    const hands = signersOf(body).map((_, i) => readHand(reader, i));
    return { body, bodyOctets, id: identityOf(bodyOctets), hands };
  });
}

function readBody(reader: Reader): StatementBody {
  reader.magic(MAGIC);
  const start = reader.offset;
  const version = reader.u8("version");
  if (version !== VERSION) {
    reader.fail(`version ${version}, only ${VERSION} is known`, start);
  }
  const network = readIdentity(reader, "network");
  const avatar = readIdentity(reader, "avatar");
  const edition = reader.u32("edition");
  const previous = readPrevious(reader, edition);
  const timeAt = reader.offset;
  const time = reader.u64("time");
  if (time >= TIME_END) reader.fail("time must be below 2^53", timeAt);
  const neurons = readNeurons(reader, avatar);
  return { network, avatar, edition, previous, time, neurons };
}

function readIdentity(reader: Reader, field: string): Uint8Array {
  const start = reader.offset;
  const octets = reader.octets(IDENTITY_OCTETS, field);
  if (!isIdentity(octets)) {
    reader.fail(`${field} has hash id ${octets[0]}, only 1 is known`, start);
  }
  return octets;
}

function readPrevious(reader: Reader, edition: number): Uint8Array {
  if (edition > 0) return readIdentity(reader, "previous");
  const start = reader.offset;
  const octets = reader.octets(IDENTITY_OCTETS, "previous");
  if (!equalOctets(octets, NO_PREVIOUS)) {
    reader.fail("previous must be zeros in edition 0", start);
  }
  return octets;
}

function readNeurons(reader: Reader, avatar: Uint8Array): Uint8Array[] {
  const countAt = reader.offset;
  const count = reader.u8("number of neurons");
  if (count > NEURONS_MAX) {
    reader.fail(`${count} neurons, at most ${NEURONS_MAX}`, countAt);
  }
  const neurons: Uint8Array[] = [];
  for (let i = 0; i < count; i += 1) {
    const start = reader.offset;
    const neuron = readIdentity(reader, `neuron ${i}`);
    const before = neurons.at(-1);
    if (before !== undefined && compareOctets(before, neuron) >= 0) {
      reader.fail(`neuron ${i} does not ascend`, start);
    }
    if (equalOctets(neuron, avatar)) {
      reader.fail(`neuron ${i} is the avatar itself`, start);
    }
    neurons.push(neuron);
  }
  return neurons;
}

function readHand(reader: Reader, i: number): Hand {
  const bundle = reader.octets(BUNDLE_OCTETS, `key bundle ${i}`);
  const start = reader.offset;
  const tag = reader.u8(`tag of signature ${i}`);
  if (tag > 1) reader.fail(`signature ${i} has tag ${tag}, 0 or 1`, start);
  return tag === 0
    ? { bundle }
    : { bundle, signature: reader.octets(SIGNATURE_OCTETS, `signature ${i}`) };
}
