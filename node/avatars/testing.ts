/**
 * Statements once more from `avatars.md`, apart from the codec that is tested,
 * so that a mistake has to be made twice to go unseen.
 */
import { blake3 } from "@noble/hashes/blake3.js";

export interface PlainStatement {
  readonly network: string;
  readonly avatar: string;
  readonly edition: number;
  readonly previous: string;
  readonly time: number;
  readonly neurons: readonly string[];
}

export interface PlainHand {
  readonly bundle: string;
  /** Absent: not signed yet. */
  readonly signature?: string;
}

/** Digits of a number, the least significant octet first. */
function little(value: number, octets: number): string {
  let rest = value;
  let digits = "";
  for (let i = 0; i < octets; i += 1) {
    digits += (rest % 256).toString(16).padStart(2, "0");
    rest = Math.floor(rest / 256);
  }
  return digits;
}

/** The body, in hexadecimal digits. */
export function bodyDigits(statement: PlainStatement): string {
  const { network, avatar, edition, previous, time, neurons } = statement;
  return "4b41565401" + network + avatar + little(edition, 4) + previous +
    little(time, 8) + little(neurons.length, 1) + neurons.join("");
}

export function statementDigits(
  statement: PlainStatement,
  hands: readonly PlainHand[],
): string {
  return bodyDigits(statement) +
    hands.map(({ bundle, signature }) =>
      bundle + (signature === undefined ? "00" : `01${signature}`)
    ).join("");
}

/** What a good statement's digits say. */
export function parsed(digits: string): {
  readonly statement: PlainStatement;
  readonly hands: readonly PlainHand[];
} {
  let at = 10;
  const take = (octets: number) => digits.slice(at, at += 2 * octets);
  const number = (octets: number) =>
    Number(
      `0x${(take(octets).match(/../g) ?? []).reverse().join("")}`,
    );
  const [network, avatar] = [take(33), take(33)];
  const edition = number(4);
  const previous = take(33);
  const time = number(8);
  const neurons = Array.from({ length: number(1) }, () => take(33));
  const hands = Array.from({ length: 1 + neurons.length }, (): PlainHand => {
    const bundle = take(1984);
    return take(1) === "00" ? { bundle } : { bundle, signature: take(3373) };
  });
  return {
    statement: { network, avatar, edition, previous, time, neurons },
    hands,
  };
}

/** The identity of octets in digits. */
export function idOf(digits: string): string {
  return `01${blake3(Uint8Array.fromHex(digits)).toHex()}`;
}
