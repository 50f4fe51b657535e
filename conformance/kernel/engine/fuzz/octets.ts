/**
 * Decoder and rewriter on octets that are no module: refusals, nothing else.
 */
import { Malformed } from "../../../../wit/decode/reader.ts";
import { decodeWorld } from "../../../../wit/decode/world.ts";
import { ModuleRefusal } from "../../../../kernel/engine/rewriter/refusal.ts";
import { damaged, randomOctets } from "../chance.ts";
import type { Chance } from "./mutate.ts";
import { rewrittenFor } from "./trial.ts";

/** One input may take this long; more means work that nothing bounds. */
const SLOW_MS = 3_000;
const CORE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const COMPONENT = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
const MODES = ["none", "trap", "park", "fuel"] as const;

/** What was wrong with how octets were taken; `undefined` if nothing. */
function wrongness(
  what: string,
  run: () => void,
  isRefusal: (error: unknown) => boolean,
): string | undefined {
  const from = performance.now();
  try {
    run();
  } catch (error) {
    if (!isRefusal(error)) return `${what} threw ${error}`;
  }
  const took = performance.now() - from;
  return took > SLOW_MS ? `${what} took ${Math.round(took)} ms` : undefined;
}

export function wrongRewriting(octets: Uint8Array): string | undefined {
  for (const mode of MODES) {
    const wrong = wrongness(
      `rewriter, ${mode}`,
      () => rewrittenFor(octets, mode),
      (error) => error instanceof ModuleRefusal,
    );
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

export function wrongDecoding(octets: Uint8Array): string | undefined {
  return wrongness(
    "decoder",
    () => decodeWorld(octets),
    (error) => error instanceof Malformed,
  );
}

/** Octets cut short, damaged, doubled or of pure chance. */
export function spoiled(
  octets: Uint8Array,
  chance: Chance,
  isComponent = false,
): Uint8Array {
  const kind = chance();
  if (kind < 0.6) return damaged(octets, chance);
  if (kind < 0.75) return octets.slice(0, Math.floor(chance() * octets.length));
  if (kind < 0.9) {
    const from = Math.floor(chance() * octets.length);
    const to = from + Math.floor(chance() * 64);
    const at = Math.floor(chance() * octets.length);
    return Uint8Array.from([
      ...octets.subarray(0, at),
      ...octets.subarray(from, to),
      ...octets.subarray(at),
    ]);
  }
  const header = isComponent ? COMPONENT : CORE;
  const length = Math.floor(chance() * 300);
  return Uint8Array.from([...header, ...randomOctets(length, chance)]);
}
