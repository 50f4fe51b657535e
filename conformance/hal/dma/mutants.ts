/** Buses that break one promise each; the suite has to notice every one. */
import type { Dma, Lease } from "../../../hal/bus_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import type { DmaFixture } from "./case.ts";

type Wrong = (dma: Dma) => Partial<Dma>;

const OK = { tag: "ok" } as const;

/** Changes what a good read gives. */
const reads = (
  change: (val: Uint8Array, number: number, offset: number) => Uint8Array,
): Wrong =>
(dma) => ({
  read(number, offset, length) {
    const answer = dma.read(number, offset, length);
    return answer.tag === "ok"
      ? { tag: "ok", val: change(answer.val, number, offset) }
      : answer;
  },
});

/** Changes what is written. */
const writes = (
  change: (data: Uint8Array, offset: number) => Uint8Array,
): Wrong =>
(dma) => ({
  write: (number, offset, data) =>
    dma.write(number, offset, change(data, offset)),
});

/** Changes what a good lease says. */
const leases = (change: (val: Lease, count: number) => Lease): Wrong => {
  return (dma) => {
    let count = 0;
    return {
      take(octets) {
        const answer = dma.take(octets);
        return answer.tag === "ok"
          ? { tag: "ok", val: change(answer.val, count++) }
          : answer;
      },
    };
  };
};

const limits =
  (change: Partial<ReturnType<Dma["describe"]>>): Wrong => (dma) => ({
    describe: () => ({ ...dma.describe(), ...change }),
  });

/** Gives another refusal for one of them. */
const renamed = (
  from: string,
  to: "wrong-size" | "unknown" | "out-of-range" | "full",
): Wrong =>
(dma) => {
  const other = <A extends { tag: "ok" | "err" }>(answer: A) =>
    answer.tag === "err" && "val" in answer &&
      (answer.val as { tag: string }).tag === from
      ? { tag: "err" as const, val: { tag: to } }
      : answer;
  return {
    take: (octets) => other(dma.take(octets)),
    giveBack: (number) => other(dma.giveBack(number)),
    read: (number, offset, length) => other(dma.read(number, offset, length)),
    write: (number, offset, data) => other(dma.write(number, offset, data)),
  };
};

const WRITE = "dma.write";
const READ = "dma.read";

const WRONG: ReadonlyArray<readonly [string, string, Wrong]> = [
  ["drops every write", WRITE, () => ({ write: () => OK })],
  ["writes one place too far", WRITE, (dma) => ({
    write: (number, offset, data) =>
      dma.write(number, offset > 0 && offset < 8 ? offset + 1 : offset, data),
  })],
  [
    "loses the last octet of odd lengths",
    WRITE,
    writes((data) => {
      const copy = data.slice();
      if (copy.length % 2 === 1) copy[copy.length - 1] = 0;
      return copy;
    }),
  ],
  [
    "swaps the octets of half words",
    WRITE,
    writes((data) => data.length === 2 ? data.slice().reverse() : data),
  ],
  ["rounds places down to words", WRITE, (dma) => ({
    write: (number, offset, data) =>
      dma.write(number, data.length === 4 ? offset & ~3 : offset, data),
  })],
  ["writes at the next operation only", WRITE, (dma) => {
    let waiting = () => {};
    return {
      write(number, offset, data) {
        const kept = data;
        const answer = dma.read(number, offset, data.length);
        if (answer.tag === "err") return dma.write(number, offset, data);
        waiting();
        waiting = () => void dma.write(number, offset, kept);
        return OK;
      },
      read(number, offset, length) {
        waiting();
        waiting = () => {};
        return dma.read(number, offset, length);
      },
    };
  }],
  ["reads zeros", READ, reads((val) => val.fill(0))],
  ["reads one octet fewer", READ, reads((val) => val.subarray(1))],
  ["remembers what it read first", READ, (dma) => {
    const seen = new Map<string, Uint8Array>();
    return reads((val, number, offset) => {
      const key = `${number} ${offset} ${val.length}`;
      const before = seen.get(key);
      if (before === undefined) seen.set(key, val.slice());
      return before ?? val;
    })(dma);
  }],
  ["gives one list for every read", READ, (dma) => {
    const list = new Uint8Array(dma.describe().transferMax);
    let first: Uint8Array | undefined;
    return reads((val) => {
      first ??= list.subarray(0, val.length);
      if (first.length !== val.length) return val;
      first.set(val);
      // What the caller does to the list, the bus believes.
      return val.every((octet) => octet === 0) ? val : first.fill(val[0] ?? 0);
    })(dma);
  }],
  ["does not zero what it leases", "dma.take", (dma) => ({
    take(octets) {
      const answer = dma.take(octets);
      if (answer.tag === "ok") {
        dma.write(answer.val.number, 0, new Uint8Array([7]));
      }
      return answer;
    },
  })],
  ["gives the first lease to the third, too", "dma.take", (dma) => {
    const all: number[] = [];
    const real = (number: number) =>
      number === all[2] ? all[0] ?? number : number;
    return {
      take(octets) {
        const answer = dma.take(octets);
        if (answer.tag === "ok") all.push(answer.val.number);
        return answer;
      },
      read: (number, offset, length) => dma.read(real(number), offset, length),
      write: (number, offset, data) => dma.write(real(number), offset, data),
    };
  }],
  [
    "says that leases are whole pages",
    "lease.octets",
    leases((val) => ({ ...val, octets: Math.ceil(val.octets / 4096) * 4096 })),
  ],
  ["gives numbers anew", "lease.number", (dma) => {
    const real = new Map<number, number>();
    const of = (number: number) => real.get(number) ?? 0;
    return {
      take(octets) {
        const answer = dma.take(octets);
        if (answer.tag === "err") return answer;
        let number = 1;
        while (real.has(number)) number++;
        real.set(number, answer.val.number);
        return { tag: "ok", val: { ...answer.val, number } };
      },
      giveBack(number) {
        const answer = dma.giveBack(of(number));
        real.delete(number);
        return answer;
      },
      read: (number, offset, length) => dma.read(of(number), offset, length),
      write: (number, offset, data) => dma.write(of(number), offset, data),
    };
  }],
  [
    "gives addresses that are not aligned",
    "limits.alignment",
    leases((val) => ({ ...val, address: val.address + 64n })),
  ],
  [
    "says an alignment of 1000",
    "limits.alignment",
    limits({ alignment: 1000 }),
  ],
  [
    "gives the address of the end",
    "lease.address",
    leases((val) => ({ ...val, address: val.address + BigInt(val.octets) })),
  ],
  [
    "gives an address eight octets too far",
    "lease.address",
    leases((val) => ({ ...val, address: val.address + 8n })),
  ],
  ["changes its limits as it is used", "dma.describe", (dma) => {
    let taken = 0;
    return {
      describe: () => ({
        ...dma.describe(),
        memoryMax: dma.describe().memoryMax - BigInt(taken),
      }),
      take(octets) {
        taken++;
        return dma.take(octets);
      },
    };
  }],
  ["has three leases only", "dma.describe", limits({ leasesMax: 3 })],
  ["moves 64 octets only", "dma.describe", limits({ transferMax: 64 })],
  [
    "promises longer transfers than it makes",
    "limits.transfer-max",
    limits({ transferMax: 131_072 }),
  ],
  ["promises more leases", "limits.leases-max", limits({ leasesMax: 12 })],
  [
    "promises more memory",
    "limits.memory-max",
    limits({ memoryMax: 2n ** 21n }),
  ],
  ["never gets memory back", "dma.give-back", (dma) => {
    const back = new Set<number>();
    return {
      giveBack(number) {
        if (back.has(number)) return { tag: "err", val: { tag: "unknown" } };
        const answer = dma.read(number, 0, 1);
        if (answer.tag === "err") return dma.giveBack(number);
        back.add(number);
        return OK;
      },
    };
  }],
  ["clears all leases with one", "dma.give-back", (dma) => {
    const all = new Map<number, number>();
    return {
      take(octets) {
        const answer = dma.take(octets);
        if (answer.tag === "ok") all.set(answer.val.number, octets);
        return answer;
      },
      giveBack(number) {
        const answer = dma.giveBack(number);
        for (const [other, octets] of all) {
          dma.write(other, 0, new Uint8Array(Math.min(octets, 4096)));
        }
        return answer;
      },
    };
  }],
  ["takes empty transfers", "refusal.wrong-size", (dma) => ({
    write: (number, offset, data) =>
      data.length === 0 ? OK : dma.write(number, offset, data),
  })],
  ["leases nothing", "refusal.wrong-size", (dma) => ({
    take: (octets) => dma.take(Math.max(octets, 1)),
  })],
  [
    "is out of range where the size is wrong",
    "refusal.wrong-size",
    renamed("wrong-size", "out-of-range"),
  ],
  [
    "is full where a lease is unknown",
    "refusal.unknown",
    renamed("unknown", "full"),
  ],
  ["gives back twice", "refusal.unknown", (dma) => ({
    giveBack(number) {
      dma.giveBack(number);
      return OK;
    },
  })],
  [
    "is unknown where a range is outside",
    "refusal.out-of-range",
    renamed("out-of-range", "unknown"),
  ],
  ["cuts writes at the end", "refusal.out-of-range", (dma) => ({
    write(number, offset, data) {
      const answer = dma.write(number, offset, data);
      if (answer.tag === "ok" || answer.val.tag !== "out-of-range") {
        return answer;
      }
      for (let now = data.length - 1; now > 0; now--) {
        const cut = dma.write(number, offset, data.subarray(0, now));
        if (cut.tag === "ok") return cut;
      }
      return answer;
    },
  })],
  ["wraps offsets round", "refusal.out-of-range", (dma) => ({
    read: (number, offset, length) =>
      dma.read(number, offset + length > 2 ** 31 ? 0 : offset, length),
  })],
  [
    "is unknown where it is full",
    "refusal.full",
    renamed("full", "unknown"),
  ],
  ["looks for the lease before the size", "refusal", (dma) => ({
    read(number, offset, length) {
      const answer = dma.read(number, offset, Math.max(length, 1));
      return answer.tag === "err" && answer.val.tag === "unknown"
        ? answer
        : dma.read(number, offset, length);
    },
  })],
  ["writes what fits and refuses then", "refusal", (dma) => ({
    write(number, offset, data) {
      const answer = dma.write(number, offset, data);
      if (answer.tag === "err" && answer.val.tag === "out-of-range") {
        dma.write(number, offset, data.subarray(0, data.length / 2));
      }
      return answer;
    },
  })],
];

export const DMA_MUTANTS: ReadonlyArray<Mutant<DmaFixture>> = WRONG.map(
  ([name, breaks, wrong]) => ({
    name,
    breaks,
    wrap: (fixture) => ({
      ...fixture,
      dma: { ...fixture.dma, ...wrong(fixture.dma) },
      dispose: () => fixture.dispose(),
    }),
  }),
);
