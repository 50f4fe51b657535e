/**
 * Changes in finished components, which no tool would make.
 *
 * Octets are replaced by as many others, so all sizes stay right.
 */

const ENCODER = new TextEncoder();

function places(octets: Uint8Array, name: Uint8Array): number[] {
  const first = name[0] ?? 0;
  const found: number[] = [];
  for (let at = octets.indexOf(first); at >= 0;) {
    if (name.every((octet, index) => octets[at + index] === octet)) {
      found.push(at);
    }
    at = octets.indexOf(first, at + 1);
  }
  return found;
}

/** Puts `to` wherever `from` stands, or `most` times; gives a copy. */
export function replaced(
  octets: Uint8Array,
  from: string,
  to: string | Uint8Array,
  most = Infinity,
): Uint8Array {
  const old = ENCODER.encode(from);
  const other = typeof to === "string" ? ENCODER.encode(to) : to;
  if (old.length !== other.length) throw new Error(`${from}: another length`);
  const copy = octets.slice();
  const found = places(octets, old).slice(0, most);
  if (found.length === 0) throw new Error(`there is no ${from}`);
  for (const at of found) copy.set(other, at);
  return copy;
}

/** Lets two names of the same length change places. */
export function exchanged(
  octets: Uint8Array,
  one: string,
  other: string,
): Uint8Array {
  const unused = "\u0001".repeat(one.length);
  return replaced(
    replaced(replaced(octets, one, unused), other, one),
    unused,
    other,
  );
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const COMPONENT_SECTION = 4;

/** A component in a component, so many times. */
export function nested(times: number): Uint8Array {
  let octets = Uint8Array.from(HEADER);
  for (let left = times; left > 0; left--) {
    const size: number[] = [];
    for (let rest = octets.length; rest > 0 || size.length === 0; rest >>= 7) {
      size.push(rest & 0x7f | (rest > 0x7f ? 0x80 : 0));
    }
    octets = Uint8Array.from([
      ...HEADER,
      COMPONENT_SECTION,
      ...size,
      ...octets,
    ]);
  }
  return octets;
}
