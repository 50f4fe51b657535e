/** Buses that break one promise each; the suite has to notice every one. */
import type { Mmio, MmioRefusal, Width } from "../../../hal/bus_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import { type MmioFixture, OCTETS } from "./case.ts";

type Wrong = (mmio: Mmio) => Partial<Mmio>;
type Answer = ReturnType<Mmio["read"]>;
type Done = ReturnType<Mmio["write"]>;

const OK: Done = { tag: "ok" };

/** Changes what a good read gives. */
const reads = (
  change: (val: number, offset: number, width: Width, count: number) => number,
): Wrong =>
(mmio) => {
  let count = 0;
  return {
    read(offset, width) {
      const answer = mmio.read(offset, width);
      return answer.tag === "ok"
        ? { tag: "ok", val: change(answer.val, offset, width, count++) }
        : answer;
    },
  };
};

/** Writes something else, or elsewhere. */
const writes = (
  act: (
    write: Mmio["write"],
    offset: number,
    width: Width,
    value: number,
    count: number,
  ) => Done,
): Wrong =>
(mmio) => {
  let count = 0;
  return {
    write: (offset, width, value) =>
      act(mmio.write.bind(mmio), offset, width, value, count++),
  };
};

/** Gives other answers where an access is refused for this reason. */
const refusals = (
  from: MmioRefusal["tag"],
  read: Answer,
  done: Done = read.tag === "ok" ? OK : read,
): Wrong =>
(mmio) => ({
  read(offset, width) {
    const answer = mmio.read(offset, width);
    return answer.tag === "err" && answer.val.tag === from ? read : answer;
  },
  write(offset, width, value) {
    const answer = mmio.write(offset, width, value);
    return answer.tag === "err" && answer.val.tag === from ? done : answer;
  },
});

const no = (
  tag: "misaligned" | "out-of-range",
): { tag: "err"; val: MmioRefusal } => ({ tag: "err", val: { tag } });

/** The octets of a number in the other order. */
function turned(val: number, width: Width): number {
  const octets = Array.from(
    { length: OCTETS[width] },
    (_, i) => (val >>> (8 * i)) & 0xff,
  );
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

const aligned = (offset: number, width: Width) => offset % OCTETS[width] === 0;

const WRONG: ReadonlyArray<readonly [string, string, Wrong]> = [
  ["reads zero everywhere", "mmio.read", reads(() => 0)],
  ["reads the next register", "mmio.read", (mmio) => ({
    read(offset, width) {
      const other = mmio.read(offset + OCTETS[width], width);
      return other.tag === "ok" ? other : mmio.read(offset, width);
    },
  })],
  [
    "reads numbers above 2^31 as less than zero",
    "mmio.read",
    reads((val) => val | 0),
  ],
  ["reads what it read before", "mmio.read", (mmio) => {
    const known = new Map<string, Answer>();
    return {
      read(offset, width) {
        const key = `${offset}:${width}`;
        const answer = known.get(key) ?? mmio.read(offset, width);
        known.set(key, answer);
        return answer;
      },
    };
  }],
  [
    "reads one too much now and then",
    "mmio.read",
    reads(
      (val, _, width, count) =>
        count % 3 === 2 ? (val + 1) % 2 ** (8 * OCTETS[width]) : val,
    ),
  ],
  [
    "reads the first octet as a word",
    "mmio.read",
    reads(
      (val, _, width) => width === "octet" ? val * 257 : val,
    ),
  ],
  ["clears flags by reading them", "mmio.read", (mmio) => ({
    read(offset, width) {
      const answer = mmio.read(offset, width);
      if (offset === 0x28 && answer.tag === "ok") {
        mmio.write(0x2c, "word", answer.val);
      }
      return answer;
    },
  })],
  ["rings when it is read", "mmio.read", (mmio) => ({
    read(offset, width) {
      mmio.write(0x08, "word", 1);
      return mmio.read(offset, width);
    },
  })],
  [
    "carries a write out with the access after the next",
    "mmio.read",
    (mmio) => {
      const late: Array<() => Done> = [];
      const age = () => {
        if (late.length > 1) late.shift()?.();
      };
      return {
        read(offset, width) {
          age();
          return mmio.read(offset, width);
        },
        write(offset, width, value) {
          age();
          late.push(() => mmio.write(offset, width, value));
          return OK;
        },
      };
    },
  ],
  [
    "turns the octets of its numbers round",
    "mmio",
    reads(
      (val, offset, width) => offset >= 0x40 ? turned(val, width) : val,
    ),
  ],
  [
    "reads halves with their octets swapped",
    "mmio",
    reads(
      (val, offset, width) =>
        offset >= 0x40 && width === "half" ? turned(val, width) : val,
    ),
  ],
  ["reads the window one octet too far", "mmio", (mmio) => ({
    read: (offset, width) =>
      offset > 0x40 && width === "octet"
        ? mmio.read(offset - 1, width)
        : mmio.read(offset, width),
  })],
  [
    "writes nothing",
    "mmio.write",
    writes(
      (_, offset, width) => aligned(offset, width) ? OK : no("misaligned"),
    ),
  ],
  [
    "writes to the register before",
    "mmio.write",
    writes(
      (write, offset, width, value) =>
        write(offset === 0x14 ? 0x10 : offset, width, value),
    ),
  ],
  [
    "writes everything twice",
    "mmio.write",
    writes(
      (
        write,
        offset,
        width,
        value,
      ) => (write(offset, width, value), write(offset, width, value)),
    ),
  ],
  [
    "loses every fourth write",
    "mmio.write",
    writes(
      (write, offset, width, value, count) =>
        count % 4 === 3 && aligned(offset, width)
          ? OK
          : write(offset, width, value),
    ),
  ],
  ["writes only if the value is another one", "mmio.write", (mmio) => {
    let before = "";
    return {
      write(offset, width, value) {
        const key = `${offset}:${width}:${value}`;
        if (key === before) return OK;
        before = key;
        return mmio.write(offset, width, value);
      },
    };
  }],
  [
    "writes half of a word",
    "mmio.write",
    writes(
      (write, offset, width, value) =>
        write(offset, width, width === "word" ? value & 0xffff : value),
    ),
  ],
  [
    "writes 31 bits",
    "mmio.write",
    writes(
      (write, offset, width, value) =>
        write(offset, width, value & 0x7fff_ffff),
    ),
  ],
  [
    "clears all flags at once",
    "mmio.write",
    writes(
      (write, offset, width, value) =>
        write(offset, width, offset === 0x2c ? 0xffff_ffff : value),
    ),
  ],
  [
    "writes the high octets of a narrow register",
    "mmio.write",
    writes(
      (write, offset, width, value) =>
        write(
          offset,
          width,
          width === "word" ? value : value >>> (32 - 8 * OCTETS[width]),
        ),
    ),
  ],
  [
    "writes the neighbour of a narrow register",
    "mmio.write",
    writes(
      (write, offset, width, value) =>
        write(width === "octet" ? offset ^ 1 : offset, width, value),
    ),
  ],
  ["says a size of whole pages", "mmio.size", () => ({ size: () => 4096 })],
  ["says another size each time", "mmio.size", (mmio) => {
    let count = 0;
    return { size: () => mmio.size() + count++ };
  }],
  ["says one octet too few", "mmio.size", (mmio) => ({
    size: () => mmio.size() - 1,
  })],
  [
    "takes what is misaligned at the place before",
    "refusal.misaligned",
    (mmio) => ({
      read: (offset, width) =>
        mmio.read(offset - offset % OCTETS[width], width),
    }),
  ],
  [
    "calls what is misaligned out of range",
    "refusal.misaligned",
    refusals(
      "misaligned",
      no("out-of-range"),
    ),
  ],
  [
    "writes what is misaligned",
    "refusal.misaligned",
    writes(
      (write, offset, width, value) =>
        write(offset - offset % OCTETS[width], width, value),
    ),
  ],
  [
    "reads zeros where nothing is",
    "refusal.out-of-range",
    refusals(
      "out-of-range",
      { tag: "ok", val: 0 },
      no("out-of-range"),
    ),
  ],
  [
    "swallows writes where nothing is",
    "refusal.out-of-range",
    refusals(
      "out-of-range",
      no("out-of-range"),
      OK,
    ),
  ],
  ["takes offsets round", "refusal.out-of-range", (mmio) => ({
    read: (offset, width) =>
      offset >= 2 ** 31 ? mmio.read(0, "word") : mmio.read(offset, width),
  })],
  ["takes a register in any width", "refusal.out-of-range", (mmio) => ({
    read(offset, width) {
      const answer = mmio.read(offset, width);
      return answer.tag === "err" && answer.val.tag === "out-of-range" &&
          offset === 0
        ? { tag: "ok", val: 0x59 }
        : answer;
    },
  })],
  ["looks at the range before the alignment", "refusal", (mmio) => ({
    read: (offset, width) =>
      offset >= mmio.size() ? no("out-of-range") : mmio.read(offset, width),
  })],
  ["refuses a write and does it", "refusal", (mmio) => ({
    write(offset, width, value) {
      const done = mmio.write(offset, width, value);
      if (done.tag === "err" && offset < mmio.size()) {
        mmio.write(offset - offset % 4, "word", value);
      }
      return done;
    },
  })],
  ["rings for what it refuses", "refusal", (mmio) => ({
    write(offset, width, value) {
      const done = mmio.write(offset, width, value);
      if (done.tag === "err") mmio.write(0x08, "word", value);
      return done;
    },
  })],
  [
    "reads ones where the bus failed",
    "refusal.failed",
    refusals(
      "failed",
      { tag: "ok", val: 0xffff_ffff },
    ),
  ],
  [
    "fails without a reason",
    "refusal.failed",
    refusals("failed", {
      tag: "err",
      val: { tag: "failed", val: "" },
    }),
  ],
  [
    "swallows writes where the bus failed",
    "refusal.failed",
    refusals(
      "failed",
      { tag: "err", val: { tag: "failed", val: "gone" } },
      OK,
    ),
  ],
];

export const MMIO_MUTANTS: ReadonlyArray<Mutant<MmioFixture>> = WRONG.map(
  ([name, breaks, wrong]) => ({
    name,
    breaks,
    wrap: (fixture) => ({
      ...fixture,
      mmio: { ...fixture.mmio, ...wrong(fixture.mmio) },
    }),
  }),
);
