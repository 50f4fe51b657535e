/** Two sound sources for the check of the suite: the platform's, and a seed's. */
import type {
  DrawResult,
  Entropy,
  Source,
} from "../../../hal/entropy_contract.ts";
import { seeded } from "../../sim/block_device.ts";
import type { EntropySubject } from "./case.ts";

const DRAW_OCTETS_MAX = 4096;

/** A source over whatever gives octets one by one. */
export function sourceOf(
  quality: Source["quality"],
  next: () => number,
  fails: () => boolean = () => false,
): Entropy {
  const source: Source = { quality, drawMax: DRAW_OCTETS_MAX };
  let well = true;
  return {
    describe: () => source,
    health: () => well ? { tag: "ok" } : { tag: "degraded", val: "it failed" },
    draw(length): DrawResult {
      if (length < 1 || length > DRAW_OCTETS_MAX) {
        return { tag: "err", val: { tag: "wrong-size" } };
      }
      well = !fails();
      if (!well) return { tag: "err", val: { tag: "failed", val: "scripted" } };
      return { tag: "ok", val: Uint8Array.from({ length }, next) };
    },
  };
}

/** Octets of the platform, one by one. */
export function platformOctets(): () => number {
  const pool = new Uint8Array(4096);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      crypto.getRandomValues(pool);
      at = 0;
    }
    return pool[at++] ?? 0;
  };
}

export const UNPREDICTABLE: EntropySubject = {
  contract: "entropy",
  make() {
    let failing = false;
    const fails = () => {
      const now = failing;
      failing = false;
      return now;
    };
    const open = () => sourceOf("unpredictable", platformOctets(), fails);
    return {
      source: open(),
      again: open,
      failNext: () => void (failing = true),
      dispose() {},
    };
  },
};

export function seededOctets(seed: number): () => number {
  const random = seeded(seed);
  return () => Math.floor(random() * 256);
}

export const SEEDED: EntropySubject = {
  contract: "entropy",
  make: () => ({
    source: sourceOf("seeded", seededOctets(1)),
    again: () => sourceOf("seeded", seededOctets(1)),
    other: () => sourceOf("seeded", seededOctets(2)),
    dispose() {},
  }),
};
