/**
 * One broken rule per case; the control beside them has none.
 *
 * Every request starts from one that is accepted, and is changed in one place.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Range, Refusal, Work } from "../../../hal/gpu_contract.ts";
import {
  buffer,
  done,
  type GpuCase,
  type GpuFixture,
  outcomeOf,
  PATIENT_US,
  pattern,
  program,
  range,
  read,
  refused,
  same,
} from "./case.ts";
import { COMBINE, INCREMENT } from "./kernels/plain_kernels.ts";

const group = "refusals";
const OCTETS = 4096;
const HUGE = 2n ** 64n - 4n;

/** What requests are made of: two buffers and a program of four bindings. */
interface Parts {
  readonly fixture: GpuFixture;
  readonly first: bigint;
  readonly second: bigint;
  readonly combine: bigint;
  readonly step: number;
}

function partsOf(fixture: GpuFixture): Parts {
  return {
    fixture,
    first: buffer(fixture, pattern(OCTETS, 1)),
    second: buffer(fixture, pattern(OCTETS, 2)),
    combine: program(fixture, COMBINE),
    step: fixture.gpu.describe().limits.bindingAlignment,
  };
}

const octets = pattern(64, 3);

const write = (
  { first }: Parts,
  change: { buffer?: bigint; offset?: bigint; octets?: Uint8Array } = {},
): Work => ({
  tag: "write",
  val: { buffer: first, offset: 64n, octets, ...change },
});

const reading = ({ first }: Parts, change: Partial<Range> = {}): Work => ({
  tag: "read",
  val: { ...range(first, 64, 64), ...change },
});

const copy = (
  { first, second }: Parts,
  change: { source?: Partial<Range>; buffer?: bigint; offset?: bigint } = {},
): Work => {
  const { source, ...others } = change;
  return {
    tag: "copy",
    val: {
      source: { ...range(first, 64, 64), ...source },
      buffer: second,
      offset: 128n,
      ...others,
    },
  };
};

const dispatch = (
  { first, second, combine }: Parts,
  change: {
    program?: bigint;
    ranges?: Range[];
    x?: number;
    y?: number;
    z?: number;
    /** Changes the first range. */
    first?: Partial<Range>;
  } = {},
): Work => {
  const { first: one, ...others } = change;
  const ranges = [
    { ...range(first, 64), ...one },
    range(first, 64),
    range(first, 64),
    range(second, 64),
  ];
  return {
    tag: "dispatch",
    val: { program: combine, ranges, x: 1, y: 1, z: 1, ...others },
  };
};

const compile = (change: { wgsl?: string; entry?: string } = {}): Work => ({
  tag: "compile",
  val: {
    wgsl: INCREMENT.wgsl,
    entry: INCREMENT.entry,
    bindings: [...INCREMENT.bindings],
    ...change,
  },
});

/** The rule, the refusal, the request that breaks it. */
type Rule = readonly [string, Refusal["tag"], (parts: Parts) => Work];

const UNKNOWN: readonly Rule[] = [
  [
    "a write to a buffer that was never made",
    "unknown",
    (parts) => write(parts, { buffer: 999_999n }),
  ],
  [
    "a read of a program",
    "unknown",
    (parts) => reading(parts, { buffer: parts.combine }),
  ],
  ["a copy from a buffer that was released", "unknown", (parts) => {
    parts.fixture.gpu.release(parts.first);
    return copy(parts);
  }],
  [
    "a copy to a buffer that was never made",
    "unknown",
    (parts) => copy(parts, { buffer: 0n }),
  ],
  [
    "a dispatch of a buffer",
    "unknown",
    (parts) => dispatch(parts, { program: parts.first }),
  ],
  ["a dispatch of a program that was released", "unknown", (parts) => {
    parts.fixture.gpu.release(parts.combine);
    return dispatch(parts);
  }],
  [
    "a dispatch over a buffer that was never made",
    "unknown",
    (parts) => dispatch(parts, { first: { buffer: HUGE } }),
  ],
];

const MISALIGNED: readonly Rule[] = [
  ["a buffer of nothing", "misaligned", () => ({ tag: "allocate", val: 0n })],
  ["a buffer of six octets", "misaligned", () => ({
    tag: "allocate",
    val: 6n,
  })],
  [
    "a write of nothing",
    "misaligned",
    (parts) => write(parts, { octets: new Uint8Array() }),
  ],
  [
    "a write of three octets",
    "misaligned",
    (parts) => write(parts, { octets: octets.subarray(0, 3) }),
  ],
  [
    "a write at octet two",
    "misaligned",
    (parts) => write(parts, { offset: 2n }),
  ],
  [
    "a read of nothing",
    "misaligned",
    (parts) => reading(parts, { length: 0n }),
  ],
  [
    "a read of five octets",
    "misaligned",
    (parts) => reading(parts, { length: 5n }),
  ],
  [
    "a read at octet one",
    "misaligned",
    (parts) => reading(parts, { offset: 1n }),
  ],
  [
    "a copy of nothing",
    "misaligned",
    (parts) => copy(parts, { source: { length: 0n } }),
  ],
  [
    "a copy from octet two",
    "misaligned",
    (parts) => copy(parts, { source: { offset: 2n } }),
  ],
  ["a copy to octet two", "misaligned", (parts) => copy(parts, { offset: 2n })],
  ["a source of nothing", "misaligned", () => compile({ wgsl: "" })],
  ["an entry without a name", "misaligned", () => compile({ entry: "" })],
  [
    "a range that begins between steps",
    "misaligned",
    (parts) => dispatch(parts, { first: { offset: BigInt(parts.step / 2) } }),
  ],
  [
    "a range of nothing",
    "misaligned",
    (parts) => dispatch(parts, { first: { length: 0n } }),
  ],
  [
    "a range of seven octets",
    "misaligned",
    (parts) => dispatch(parts, { first: { length: 7n } }),
  ],
  ...(["x", "y", "z"] as const).map((axis): Rule => [
    `no groups in ${axis}`,
    "misaligned",
    (parts) => dispatch(parts, { [axis]: 0 }),
  ]),
];

const OUTSIDE: readonly Rule[] = [
  [
    "a write over the end",
    "out-of-range",
    (parts) => write(parts, { offset: BigInt(OCTETS - 60) }),
  ],
  [
    "a write behind the end",
    "out-of-range",
    (parts) => write(parts, { offset: BigInt(OCTETS) }),
  ],
  [
    "a write at the end of the type",
    "out-of-range",
    (parts) => write(parts, { offset: HUGE }),
  ],
  [
    "a read over the end",
    "out-of-range",
    (parts) => reading(parts, { offset: BigInt(OCTETS - 60) }),
  ],
  [
    "a read of the whole type",
    "out-of-range",
    (parts) => reading(parts, { length: HUGE }),
  ],
  [
    "a copy from over the end",
    "out-of-range",
    (parts) => copy(parts, { source: { offset: BigInt(OCTETS - 60) } }),
  ],
  [
    "a copy to over the end",
    "out-of-range",
    (parts) => copy(parts, { offset: BigInt(OCTETS - 60) }),
  ],
  [
    "a range over the end",
    "out-of-range",
    (parts) => dispatch(parts, { first: { length: BigInt(OCTETS + 4) } }),
  ],
  [
    "a range that overflows",
    "out-of-range",
    (parts) =>
      dispatch(parts, { first: { offset: 2n ** 64n - 256n, length: 512n } }),
  ],
];

const BINDINGS: readonly Rule[] = [
  [
    "a range too few",
    "wrong-bindings",
    (parts) =>
      dispatch(parts, { ranges: [1, 2, 3].map(() => range(parts.first, 64)) }),
  ],
  ["a range too many", "wrong-bindings", (parts) =>
    dispatch(parts, {
      ranges: [1, 2, 3, 4, 5].map(() => range(parts.first, 64)),
    })],
  [
    "a written buffer that is read as well",
    "wrong-bindings",
    (parts) => dispatch(parts, { first: { buffer: parts.second } }),
  ],
  [
    "a copy within one buffer",
    "wrong-bindings",
    (parts) => copy(parts, { buffer: parts.first, offset: 1024n }),
  ],
];

function cases(rules: readonly Rule[]): GpuCase[] {
  return rules.map(([rule, reason, work]) => ({
    group,
    claim: `refuses ${rule} as ${reason}`,
    promise: `refusal.${reason}`,
    run(fixture) {
      const parts = partsOf(fixture);
      refused(fixture.gpu.submit(work(parts), PATIENT_US), reason);
      deepStrictEqual(fixture.gpu.wait(10, PATIENT_US), []);
    },
  }));
}

export const REFUSALS: readonly GpuCase[] = [
  {
    group,
    claim: "control: what the rules below are broken in is accepted whole",
    promise: "gpu.submit",
    run(fixture) {
      const parts = partsOf(fixture);
      for (const work of [write(parts), copy(parts), dispatch(parts)]) {
        done(fixture, work);
      }
      strictEqual(outcomeOf(fixture, reading(parts)).tag, "octets");
      strictEqual(outcomeOf(fixture, compile()).tag, "made");
      strictEqual(outcomeOf(fixture, { tag: "allocate", val: 8n }).tag, "made");
      // As near to the end as it goes.
      const last = BigInt(OCTETS - 64);
      done(fixture, write(parts, { offset: last }));
      strictEqual(
        outcomeOf(fixture, reading(parts, { offset: last })).tag,
        "octets",
      );
    },
  },
  ...cases(UNKNOWN),
  ...cases(MISALIGNED),
  ...cases(OUTSIDE),
  ...cases(BINDINGS),
  {
    group,
    claim: "refuses a deadline of nothing as wrong-deadline",
    promise: "refusal.wrong-deadline",
    run(fixture) {
      const parts = partsOf(fixture);
      refused(fixture.gpu.submit(write(parts), 0n), "wrong-deadline");
      same(read(fixture, parts.first, OCTETS), pattern(OCTETS, 1));
    },
  },
  {
    group,
    claim:
      "a refused request changes nothing, and its octets stay the caller's",
    promise: "gpu",
    run(fixture) {
      const parts = partsOf(fixture);
      const own = pattern(64, 5);
      for (const offset of [2n, BigInt(OCTETS), HUGE]) {
        const work = write(parts, { offset, octets: own });
        strictEqual(fixture.gpu.submit(work, PATIENT_US).tag, "err");
      }
      const aliased = dispatch(parts, { first: { buffer: parts.second } });
      strictEqual(fixture.gpu.submit(aliased, PATIENT_US).tag, "err");
      same(own, pattern(64, 5));
      same(read(fixture, parts.first, OCTETS), pattern(OCTETS, 1));
      same(read(fixture, parts.second, OCTETS), pattern(OCTETS, 2));
    },
  },
  {
    group,
    claim: "releasing what is not there is unknown, and so is it twice",
    promise: "refusal.unknown",
    run(fixture) {
      const name = buffer(fixture, 64);
      const { gpu } = fixture;
      for (const never of [0n, name + 1n, 2n ** 64n - 1n]) {
        refused(gpu.release(never), "unknown");
      }
      strictEqual(gpu.release(name).tag, "ok");
      refused(gpu.release(name), "unknown");
    },
  },
  {
    group,
    claim: "refusals are chosen in the order of the cases",
    promise: "refusal",
    run(fixture) {
      const parts = partsOf(fixture);
      const { gpu } = fixture;
      const { transferMax } = gpu.describe().limits;
      const long = new Uint8Array(transferMax + 4);
      const want = (work: Work, within: bigint, reason: Refusal["tag"]) =>
        refused(gpu.submit(work, within), reason);
      const [never, odd] = [999_999n, new Uint8Array(3)];
      want(write(parts, { buffer: never, octets: odd }), 0n, "unknown");
      want(write(parts, { offset: HUGE, octets: odd }), 0n, "misaligned");
      want(write(parts, { offset: HUGE, octets: long }), 0n, "out-of-range");
      want({ tag: "allocate", val: HUGE }, 0n, "over-limit");
      const one = { ranges: [range(parts.first, 64)] };
      const { groupsMax } = gpu.describe().limits;
      want(dispatch(parts, { ...one, x: groupsMax + 1 }), 0n, "over-limit");
      want(dispatch(parts, one), 0n, "wrong-bindings");
      want(dispatch(parts), 0n, "wrong-deadline");
    },
  },
];
