/**
 * Repeatable chance for tests: the seed is in the test's name.
 */

/** A stream of numbers in [0, 1) that the seed decides (xorshift32). */
export function seeded(seed: number): () => number {
  let state = (seed * 0x9e3779b9 + 0x7f4a7c15) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

/** Registers the claim once per seed, so that a failure names its seed. */
export function seededTest(
  claim: string,
  seeds: number,
  body: (seed: number) => Promise<void>,
): void {
  for (let seed = 1; seed <= seeds; seed++) {
    Deno.test(`${claim}, seed ${seed}`, () => body(seed));
  }
}
