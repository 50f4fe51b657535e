/**
 * Makes octets shorter and plainer while they show the same fault.
 *
 * Takes pieces out, large ones first, then puts zeros where it does not matter.
 * Bounded by tries and time: what comes out is small, not the smallest.
 */
import { concatOctets } from "../../kernel/crypto/mod.ts";

const TRIES_MAX = 600;
const MS_MAX = 10_000;

export async function shrunk(
  octets: Uint8Array,
  shows: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  const until = performance.now() + MS_MAX;
  let tries = 0;
  let best = octets;
  const isSmaller = async (candidate: Uint8Array) => {
    if (tries >= TRIES_MAX || performance.now() > until) return false;
    tries += 1;
    if (!(await shows(candidate))) return false;
    best = candidate;
    return true;
  };
  for (
    let piece = Math.ceil(octets.length / 2);
    piece >= 1;
    piece = Math.floor(piece / 2)
  ) {
    for (let at = 0; at < best.length;) {
      const without = concatOctets([
        best.subarray(0, at),
        best.subarray(at + piece),
      ]);
      if (!(await isSmaller(without))) at += piece;
    }
  }
  for (
    let piece = Math.ceil(best.length / 4);
    piece >= 1;
    piece = Math.floor(piece / 2)
  ) {
    for (let at = 0; at < best.length; at += piece) {
      const part = best.subarray(at, at + piece);
      if (part.some((octet) => octet !== 0)) {
        await isSmaller(best.slice().fill(0, at, at + piece));
      }
    }
  }
  return best;
}
