/**
 * What gives away octets that are not random.
 *
 * Each test names what it saw, or nothing. The bounds are so wide that a sound
 * source exceeds one of them less than once in 10^9 runs over 64 KiB.
 */

/** Standard deviations; a normal value is beyond once in 10^11. */
const SIGMAS = 7;

export type Suspicion = string | undefined;

/** Each bit is one half of the time. */
export function biasedBit(octets: Uint8Array): Suspicion {
  const bound = SIGMAS * Math.sqrt(octets.length) / 2;
  for (let bit = 0; bit < 8; bit++) {
    let ones = 0;
    for (const octet of octets) ones += (octet >> bit) & 1;
    if (Math.abs(ones - octets.length / 2) > bound) {
      return `bit ${bit} is one ${ones} times of ${octets.length}`;
    }
  }
  return undefined;
}

/** Each octet is as likely as any other: chi-square over 255 degrees. */
export function unevenOctets(octets: Uint8Array): Suspicion {
  const counts = new Array<number>(256).fill(0);
  for (const octet of octets) counts[octet] = (counts[octet] ?? 0) + 1;
  const expected = octets.length / 256;
  const chi = counts.reduce(
    (sum, count) => sum + (count - expected) ** 2 / expected,
    0,
  );
  const bound = 255 + SIGMAS * Math.sqrt(2 * 255) + SIGMAS ** 2;
  const least = 255 - SIGMAS * Math.sqrt(2 * 255);
  return chi > bound || chi < least
    ? `octets are spread with chi-square ${chi.toFixed(0)}`
    : undefined;
}

const LAGS = [1, 2, 3, 4, 7, 8, 12, 16, 32, 64, 100, 128, 256, 512, 1024, 4096];

/** An octet tells nothing about one that comes later: bits agree half the time. */
export function tellsLater(octets: Uint8Array): Suspicion {
  for (const lag of LAGS) {
    const pairs = octets.length - lag;
    let agreed = 0;
    for (let i = 0; i < pairs; i++) {
      agreed += ONES[(octets[i] ?? 0) ^ (octets[i + lag] ?? 0) ^ 0xff] ?? 0;
    }
    const bits = 8 * pairs;
    if (Math.abs(agreed - bits / 2) > SIGMAS * Math.sqrt(bits) / 2) {
      return `octets agree with those ${lag} later in ${agreed} of ${bits} bits`;
    }
  }
  return undefined;
}

const ONES = Uint8Array.from({ length: 256 }, (_, octet) => {
  let ones = 0;
  for (let left = octet; left > 0; left >>= 1) ones += left & 1;
  return ones;
});

/** No eight octets in a row come twice. */
export function repeats(octets: Uint8Array): Suspicion {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const seen = new Map<bigint, number>();
  for (let at = 0; at + 8 <= octets.length; at++) {
    const piece = view.getBigUint64(at);
    const first = seen.get(piece);
    if (first !== undefined) return `octets at ${first} come again at ${at}`;
    seen.set(piece, at);
  }
  return undefined;
}

/** Differences of neighbours are as even as the octets themselves. */
export function countsUp(octets: Uint8Array): Suspicion {
  const steps = octets.slice(1).map((octet, i) => octet - (octets[i] ?? 0));
  const why = unevenOctets(steps);
  return why === undefined ? undefined : `differences of ${why}`;
}

export const TESTS = {
  "each bit is one half of the time": biasedBit,
  "all octets are equally likely": unevenOctets,
  "an octet tells nothing about later ones": tellsLater,
  "no eight octets come twice": repeats,
  "an octet tells nothing about the next": countsUp,
} as const;
