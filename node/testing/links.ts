/** Seeded random links as a TSV file. */

/** Xorshift (Marsaglia, 2003): the same numbers for the same seed. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Writes `links` lines among `particles` texts; popular ones are linked more. */
export function writeLinks(
  path: string,
  links: number,
  particles: number,
  seed: number,
): void {
  const random = seededRandom(seed);
  using file = Deno.openSync(path, { write: true, create: true });
  const encoder = new TextEncoder();
  const lines: string[] = [];
  const flush = () => {
    const octets = encoder.encode(lines.splice(0).join(""));
    for (let at = 0; at < octets.length;) {
      at += file.writeSync(octets.subarray(at));
    }
  };
  for (let i = 0; i < links; i += 1) {
    const from = random(particles);
    const to = random(random(particles) + 1);
    lines.push(`particle ${from}\tparticle ${to}\t${1 + random(9)}\n`);
    if (lines.length === 10_000) flush();
  }
  flush();
}
