/**
 * Operations of a signal: what moves coins, boxes, cards and stakes.
 *
 * Form only, by `wit/cells/graph/encodings.md`; whether a neuron has what it
 * moves is the graph cell's to judge (`wit/cells/graph/operations.md`).
 */
import {
  concatOctets,
  HASH_BLAKE3,
  IDENTITY_OCTETS,
  identityOf,
  isIdentity,
  type Reader,
  utf8,
  Writer,
} from "../../kernel/crypto/mod.ts";
import { AMOUNT_END, OPERATIONS_MAX } from "./limits.ts";

type Id = Uint8Array;

export type Operation =
  | {
    readonly kind: "coin";
    readonly name: Id;
    readonly cap: bigint;
    readonly rule: number;
  }
  | {
    readonly kind: "mint" | "pay";
    readonly token: Id;
    readonly to: Id;
    readonly amount: bigint;
  }
  | { readonly kind: "lock" | "unlock"; readonly amount: bigint }
  | { readonly kind: "box"; readonly link: number }
  | { readonly kind: "transfer" | "spend"; readonly box: Id; readonly to: Id }
  | { readonly kind: "withdraw"; readonly box: Id }
  | { readonly kind: "card"; readonly particle: Id }
  | { readonly kind: "give"; readonly card: Id; readonly to: Id };

/** Kinds by their number, from 1. */
export const OPERATION_KINDS = [
  "coin",
  "mint",
  "pay",
  "lock",
  "unlock",
  "box",
  "transfer",
  "withdraw",
  "spend",
  "card",
  "give",
] as const;

/** Transfer rules: anybody, to or from the authority, nobody. */
const RULES = 3;

/** The token of the coin that a neuron makes under a name. */
export function coinIdentity(authority: Id, name: Id): Id {
  return identityOf(concatOctets([utf8("karyon coin:"), authority, name]));
}

/** The box that operation `index` of a signal makes. */
export function boxIdentity(signal: Id, index: number): Id {
  const number = new Writer().u16(index).done();
  return identityOf(concatOctets([utf8("karyon output:"), signal, number]));
}

/** What is published when a box is spent. */
export function nullifierIdentity(box: Id): Id {
  return identityOf(concatOctets([utf8("karyon nullifier:"), box]));
}

export function cardIdentity(particle: Id, creator: Id): Id {
  return identityOf(concatOctets([particle, creator]));
}

export function writeOperations(
  writer: Writer,
  operations: readonly Operation[],
): void {
  writer.u16(operations.length);
  for (const one of operations) {
    writer.u8(1 + OPERATION_KINDS.indexOf(one.kind));
    writeFields(writer, one);
  }
}

function writeFields(writer: Writer, one: Operation): Writer {
  switch (one.kind) {
    case "coin":
      return writer.octets(one.name).u64(one.cap).u8(one.rule);
    case "mint":
    case "pay":
      return writer.octets(one.token).octets(one.to).u64(one.amount);
    case "lock":
    case "unlock":
      return writer.u64(one.amount);
    case "box":
      return writer.u16(one.link);
    case "transfer":
    case "spend":
      return writer.octets(one.box).octets(one.to);
    case "withdraw":
      return writer.octets(one.box);
    case "card":
      return writer.octets(one.particle);
    case "give":
      return writer.octets(one.card).octets(one.to);
  }
}

/** Reads their number and all of them; boxes are of links with an amount. */
export function readOperations(
  reader: Reader,
  links: readonly { readonly amount: bigint }[],
): Operation[] {
  const start = reader.offset;
  const count = reader.u16("number of operations");
  if (count < 1 || count > OPERATIONS_MAX) {
    const allowed = `1 to ${OPERATIONS_MAX} are allowed`;
    reader.fail(`${count} operations, ${allowed}`, start);
  }
  const operations: Operation[] = [];
  let linkNext = 0;
  for (let index = 0; index < count; index += 1) {
    const one = readOperation(reader, `operation ${index}`);
    if (one.kind === "box") {
      const at = reader.offset - 2;
      const fail = (rule: string) =>
        reader.fail(`operation ${index}: link ${one.link} ${rule}`, at);
      if (one.link >= links.length) fail(`of ${links.length}`);
      if (one.link < linkNext) fail("is not above that of the box before it");
      if (links[one.link]?.amount === 0n) fail("has no amount");
      linkNext = one.link + 1;
    }
    operations.push(one);
  }
  return operations;
}

function readOperation(reader: Reader, field: string): Operation {
  const start = reader.offset;
  const number = reader.u8(`${field}: kind`);
  const kind = OPERATION_KINDS[number - 1];
  if (kind === undefined) {
    const known = `1 to ${OPERATION_KINDS.length} are known`;
    return reader.fail(`${field}: kind ${number}, ${known}`, start);
  }
  const id = () => readId(reader, field);
  const amount = (least: bigint) => readSum(reader, field, least);
  switch (kind) {
    case "coin":
      return { kind, name: id(), cap: amount(0n), rule: readRule(reader) };
    case "mint":
    case "pay":
      return { kind, token: id(), to: id(), amount: amount(1n) };
    case "lock":
    case "unlock":
      return { kind, amount: amount(1n) };
    case "box":
      return { kind, link: reader.u16(`${field}: link`) };
    case "transfer":
    case "spend":
      return { kind, box: id(), to: id() };
    case "withdraw":
      return { kind, box: id() };
    case "card":
      return { kind, particle: id() };
    case "give":
      return { kind, card: id(), to: id() };
  }
}

function readId(reader: Reader, field: string): Id {
  const start = reader.offset;
  const octets = reader.octets(IDENTITY_OCTETS, field);
  if (isIdentity(octets)) return octets;
  return reader.fail(
    `${field}: hash id ${octets[0]}, only ${HASH_BLAKE3} is known`,
    start,
  );
}

function readSum(reader: Reader, field: string, least: bigint): bigint {
  const start = reader.offset;
  const sum = reader.u64(`${field}: amount`);
  if (sum >= least && sum < AMOUNT_END) return sum;
  return reader.fail(
    `${field}: ${sum} is not ${least} or more and below 2^48`,
    start,
  );
}

function readRule(reader: Reader): number {
  const start = reader.offset;
  const rule = reader.u8("transfer rule");
  if (rule < RULES) return rule;
  return reader.fail(`transfer rule ${rule}, 0 to 2 are known`, start);
}
