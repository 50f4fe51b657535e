/** Decoders with one planted defect each: what the campaign has to notice. */
import { octetsTarget, type Target } from "../target.ts";

const SEED = new TextEncoder().encode("KSIG0123456789abcdef0123456789");
const seeds = () => [SEED];

/** Ends nothing that it begins; another thread has to. */
function spin(): never {
  for (let turns = 0;; turns = (turns + 1) % 7) {
    if (turns > 7) break;
  }
  throw new Error("it came to an end");
}

const DEFECTS: Readonly<Record<string, (octets: Uint8Array) => boolean>> = {
  /** Trusts a length. */
  "planted-throw": (octets) => {
    if ((octets[9] ?? 0) > 200) throw new RangeError("Invalid array length");
    return octets[0] === SEED[0];
  },
  "planted-seed": () => false,
  "planted-change": (octets) => {
    octets.fill(0, 4, 5);
    return true;
  },
  "planted-spin": () => spin(),
  "sound": (octets) => octets[0] === SEED[0],
};

const kept: Uint8Array[] = [];

export const TARGETS: readonly Target[] = [
  ...Object.entries(DEFECTS).map(([name, takes]) =>
    octetsTarget({
      name,
      about: "a planted defect",
      seeds,
      run: (octets) => takes(octets) ? "taken" : "refused",
    })
  ),
  octetsTarget({
    name: "planted-hoard",
    about: "keeps memory",
    seeds,
    run: (octets) => {
      if (octets[0] !== SEED[0]) kept.push(new Uint8Array(64 << 20));
      return "taken";
    },
  }),
  {
    name: "planted-state",
    about: "remembers what it was given, and fails at the third time",
    form: "octets",
    open: () => {
      let runs = 0;
      return Promise.resolve({
        seeds: seeds(),
        run: () => {
          runs += 1;
          if (runs === 3) throw new Error("the third one");
          return "taken" as const;
        },
        renew: () => {
          runs = 0;
          return Promise.resolve();
        },
      });
    },
  },
];
