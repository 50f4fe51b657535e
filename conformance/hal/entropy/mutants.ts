/** Sources that break one promise each; the suite has to notice every one. */
import type { DrawResult, Entropy } from "../../../hal/entropy_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import type { EntropyFixture } from "./case.ts";

type Wrong = (source: Entropy) => Partial<Entropy>;

/** Changes what a good draw gives. */
const octets = (
  change: (val: Uint8Array, length: number) => Uint8Array,
): Wrong =>
(source) => ({
  draw(length) {
    const answer = source.draw(length);
    return answer.tag === "ok"
      ? { tag: "ok", val: change(answer.val, length) }
      : answer;
  },
});

/** Changes each octet, with its place in all that the source ever gave. */
const each = (
  change: (octet: number, at: number) => number,
): Wrong =>
(source) => {
  let at = 0;
  return octets((val) => val.map((octet) => change(octet, at++)))(source);
};

/** Answers a refused draw in its own way. */
const refusals = (
  answer: (refused: DrawResult, length: number, source: Entropy) => DrawResult,
): Wrong =>
(source) => ({
  draw(length) {
    const drawn = source.draw(length);
    return drawn.tag === "ok" ? drawn : answer(drawn, length, source);
  },
});

const hasFailed = (answer: DrawResult) =>
  answer.tag === "err" && answer.val.tag === "failed";
const zeros = (length: number): DrawResult => ({
  tag: "ok",
  val: new Uint8Array(Math.min(length, 4096)),
});

/** Octets that come again after so many. */
const period = (count: number): Wrong => (source) => {
  const kept: number[] = [];
  return each((octet, at) => {
    if (kept.length < count) kept.push(octet);
    return kept[at % count] ?? 0;
  })(source);
};

const DRAW = "entropy.draw";
const UNPREDICTABLE: ReadonlyArray<readonly [string, string, Wrong]> = [
  ["gives zeros", DRAW, each(() => 0)],
  ["counts up", DRAW, each((_, at) => at)],
  ["counts in steps of 7", DRAW, each((_, at) => at * 7)],
  ["never sets the highest bit", DRAW, each((octet) => octet & 0x7f)],
  ["always sets the lowest bit", DRAW, each((octet) => octet | 1)],
  ["gives letters only", DRAW, each((octet) => 97 + octet % 26)],
  ["gives numbers modulo 251", DRAW, each((octet) => octet % 251)],
  ["sets a bit one time in 16 too often", DRAW, (source) => {
    let count = 0;
    return each((octet) => ++count % 16 === 0 ? octet | 8 : octet)(source);
  }],
  ["repeats itself after 4096 octets", DRAW, period(4096)],
  ["repeats itself after 60,000 octets", DRAW, period(60_000)],
  ["gives every octet twice", DRAW, (source) => {
    let last = 0;
    return each((octet, at) => at % 2 === 0 ? last = octet : last)(source);
  }],
  ["adds three to the octet before", DRAW, (source) => {
    let last = 0;
    return each((octet, at) => last = at % 64 === 0 ? octet : last + 3)(source);
  }],
  [
    "gives zero for every sixteenth octet",
    DRAW,
    each((octet, at) => at % 16 === 15 ? 0 : octet),
  ],
  [
    "begins every draw with the same octet",
    DRAW,
    octets((val) => {
      val[0] = 1;
      return val;
    }),
  ],
  [
    "leaves the last octet of a draw unset",
    DRAW,
    octets((val) => {
      if (val.length > 1) val[val.length - 1] = 0;
      return val;
    }),
  ],
  ["gives one octet fewer", DRAW, octets((val) => val.subarray(1))],
  [
    "rounds up to four octets",
    DRAW,
    octets((val, length) => {
      const more = new Uint8Array(Math.ceil(length / 4) * 4);
      more.set(val);
      return more;
    }),
  ],
  ["gives the same buffer for every draw", DRAW, (source) => {
    const buffer = new Uint8Array(source.describe().drawMax);
    return octets((val) => {
      buffer.set(val);
      return buffer.subarray(0, val.length);
    })(source);
  }],
  ["gives the same octets to two draws", DRAW, (source) => {
    let kept: Uint8Array | undefined;
    return octets((val) => {
      const old = kept;
      kept = old === undefined ? val.slice() : undefined;
      return old !== undefined && old.length === val.length ? old : val;
    })(source);
  }],
  [
    "fills the largest draw in part",
    "source.draw-max",
    octets((val, length) => length === 4096 ? val.fill(0, 4000) : val),
  ],
  ["promises draws of 100 octets only", "source.draw-max", (source) => ({
    describe: () => ({ ...source.describe(), drawMax: 100 }),
  })],
  [
    "gives nothing when asked for nothing",
    "refusal.wrong-size",
    refusals(
      (refused, length) => length === 0 ? zeros(0) : refused,
    ),
  ],
  [
    "cuts a draw that is too large",
    "refusal.wrong-size",
    refusals(
      (refused, length, source) => length === 0 ? refused : source.draw(4096),
    ),
  ],
  [
    "reads a length as 31 bits",
    "refusal.wrong-size",
    refusals(
      (refused, length, source) => length > 2 ** 31 ? source.draw(16) : refused,
    ),
  ],
  [
    "is dry where the size is wrong",
    "refusal.wrong-size",
    refusals(
      (refused) =>
        hasFailed(refused) ? refused : { tag: "err", val: { tag: "dry" } },
    ),
  ],
  [
    "gives zeros where the platform failed",
    "refusal.failed",
    refusals(
      (refused, length) => hasFailed(refused) ? zeros(length) : refused,
    ),
  ],
  [
    "fails without a reason",
    "refusal.failed",
    refusals((refused) =>
      hasFailed(refused)
        ? { tag: "err", val: { tag: "failed", val: "" } }
        : refused
    ),
  ],
  ["is well after a failure", "entropy.health", () => ({
    health: () => ({ tag: "ok" }),
  })],
  ["is unwell after a refusal", "entropy.health", (source) => {
    let refused = false;
    return {
      draw(length) {
        const answer = source.draw(length);
        refused ||= answer.tag === "err";
        return answer;
      },
      health: () =>
        refused ? { tag: "degraded", val: "asked" } : source.health(),
    };
  }],
  ["lowers draw-max as it is used", "entropy.describe", (source) => {
    let drawn = 0;
    return {
      ...octets((val) => {
        drawn++;
        return val;
      })(source),
      describe: () => {
        const about = source.describe();
        return { ...about, drawMax: about.drawMax - drawn };
      },
    };
  }],
];

/** Wrong only where a seed is promised. */
const SEEDED: ReadonlyArray<readonly [string, string, Wrong]> = [
  ["says unpredictable of a seed", "quality.unpredictable", (source) => ({
    describe: () => ({ ...source.describe(), quality: "unpredictable" }),
  })],
  [
    "mixes chance into a seed",
    "quality.seeded",
    octets((val) => crypto.getRandomValues(new Uint8Array(val.length))),
  ],
  ["draws whole words and drops the rest", "quality.seeded", (source) => ({
    draw(length) {
      const answer = source.draw(Math.ceil(length / 4) * 4);
      return answer.tag === "ok"
        ? { tag: "ok", val: answer.val.slice(0, length) }
        : answer;
    },
  })],
  [
    "takes an octet for every refusal",
    "refusal",
    refusals(
      (refused, _, source) => {
        source.draw(1);
        return refused;
      },
    ),
  ],
];

/** A fixture whose openings are all wrong in the same way. */
function wrap(fixture: EntropyFixture, wrong: Wrong): EntropyFixture {
  const broken = (source: Entropy): Entropy => ({
    describe: () => source.describe(),
    draw: (length) => source.draw(length),
    health: () => source.health(),
    ...wrong(source),
  });
  const { other, failNext } = fixture;
  return {
    source: broken(fixture.source),
    again: () => broken(fixture.again()),
    ...(other && { other: () => broken(other.call(fixture)) }),
    ...(failNext && { failNext: () => failNext.call(fixture) }),
    dispose: () => fixture.dispose(),
  };
}

export const ENTROPY_MUTANTS: ReadonlyArray<Mutant<EntropyFixture>> = [
  ...UNPREDICTABLE.map(([name, breaks, wrong]) => ({
    name,
    breaks,
    wrap: (fixture: EntropyFixture) => wrap(fixture, wrong),
  })),
  ...SEEDED.map(([name, breaks, wrong]) => ({
    name,
    breaks,
    on: 1,
    wrap: (fixture: EntropyFixture) => wrap(fixture, wrong),
  })),
  {
    name: "gives every opening the same octets",
    breaks: "quality.unpredictable",
    wrap: (fixture) => {
      const first = fixture.source.draw(4096);
      const stored = first.tag === "ok" ? first.val : new Uint8Array();
      return wrap(fixture, () => {
        let at = 0;
        return octets((val) =>
          val.map(() => stored[at++ % stored.length] ?? 0)
        )(fixture.source);
      });
    },
  },
];
