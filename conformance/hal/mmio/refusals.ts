/** Accesses that are refused, and what must not come of them. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Width } from "../../../hal/bus_contract.ts";
import { seeded } from "../../sim/block_device.ts";
import {
  breakOf,
  type MmioCase,
  type MmioFixture,
  numberOf,
  OCTETS,
  read,
  refused,
  WIDTHS,
  write,
} from "./case.ts";

const U32 = 2 ** 32;
const STEPS = 500;

/** Does something, after which all is as before. */
function withoutEffect(fixture: MmioFixture, act: () => void): void {
  const { mmio, registers } = fixture;
  const { kept, bell, bank, window } = registers;
  const [selector, shown] = bank.values[0] ?? [0, 0];
  write(mmio, bank.select, selector);
  bell.heard();
  const state = () => [
    ...kept.map(({ offset }) => read(mmio, offset)),
    read(mmio, bank.shown),
    ...window.octets(),
    mmio.size(),
  ];
  const before = state();
  strictEqual(read(mmio, bank.shown), shown);
  act();
  deepStrictEqual(state(), before);
  deepStrictEqual([...bell.heard()], []);
}

export const REFUSALS: readonly MmioCase[] = [
  {
    group: "refusals",
    claim: "control: the same places are read and written as they should be",
    promise: "refusal",
    run({ mmio, registers }) {
      for (const { offset, width } of registers.constants) {
        read(mmio, offset, width);
      }
      for (const { offset, values } of registers.kept) {
        write(mmio, offset, values[0] ?? 0);
      }
    },
  },
  {
    group: "refusals",
    claim: "what is not at a multiple of its width is misaligned",
    promise: "refusal.misaligned",
    run({ mmio }) {
      const size = mmio.size();
      for (let offset = 0; offset < size; offset++) {
        for (const width of ["half", "word"] as const) {
          if (offset % OCTETS[width] === 0) continue;
          refused(mmio.read(offset, width), "misaligned", offset);
          refused(mmio.write(offset, width, 1), "misaligned", offset);
        }
      }
    },
  },
  {
    group: "refusals",
    claim: "it is misaligned before it is out of range",
    promise: "refusal",
    run({ mmio }) {
      for (const offset of [mmio.size() + 1, U32 - 1, U32 - 3]) {
        refused(mmio.read(offset, "word"), "misaligned", offset);
        refused(mmio.write(offset, "half", 1), "misaligned", offset);
      }
    },
  },
  {
    group: "refusals",
    claim: "behind the window nothing is in range",
    promise: "refusal.out-of-range",
    run({ mmio }) {
      const end = Math.ceil(mmio.size() / 4) * 4;
      for (const offset of [end, end + 4, end + 4096]) {
        for (const width of WIDTHS) {
          refused(mmio.read(offset, width), "out-of-range", offset);
          refused(mmio.write(offset, width, 1), "out-of-range", offset);
        }
      }
    },
  },
  {
    group: "refusals",
    claim: "no register of this width can be read there",
    promise: "refusal.out-of-range",
    run({ mmio, registers: { unreadable } }) {
      for (const { offset, width } of unreadable) {
        refused(mmio.read(offset, width), "out-of-range", offset);
      }
    },
  },
  {
    group: "refusals",
    claim: "no register of this width can be written there",
    promise: "refusal.out-of-range",
    run({ mmio, registers: { unwritable } }) {
      for (const { offset, width } of unwritable) {
        refused(mmio.write(offset, width, 1), "out-of-range", offset);
      }
    },
  },
  {
    group: "refusals",
    claim: "a refused access has no effect",
    promise: "refusal",
    run(fixture) {
      const { mmio, registers } = fixture;
      const { bell, kept, bank, unwritable } = registers;
      withoutEffect(fixture, () => {
        for (const { offset } of [bell, ...kept, { offset: bank.select }]) {
          for (const past of [1, 2, 3]) {
            refused(mmio.write(offset + past, "word", 7), "misaligned", offset);
          }
          refused(mmio.write(offset, "octet", 7), "out-of-range", offset);
          refused(mmio.write(offset, "half", 7), "out-of-range", offset);
        }
        for (const { offset, width } of unwritable) {
          refused(mmio.write(offset, width, 7), "out-of-range", offset);
        }
      });
    },
  },
  {
    group: "refusals",
    claim: "a bus that failed says so, with a reason",
    promise: "refusal.failed",
    run(fixture) {
      const { mmio, registers: { constants, bell } } = fixture;
      const [constant] = constants;
      ok(constant !== undefined);
      read(mmio, constant.offset, constant.width);
      breakOf(fixture)();
      for (
        const answer of [
          mmio.read(constant.offset, constant.width),
          mmio.write(bell.offset, "word", bell.values[0] ?? 0),
        ]
      ) {
        ok(answer.tag === "err" && answer.val.tag === "failed", "not failed");
        ok(answer.val.val.length > 0, "failed without a reason");
      }
    },
  },
  {
    group: "refusals",
    claim: "a bus that failed still says its size",
    promise: "mmio.size",
    run(fixture) {
      const before = fixture.mmio.size();
      breakOf(fixture)();
      strictEqual(fixture.mmio.size(), before);
    },
  },
  {
    group: "hostile",
    claim: "offsets at the end of their type are out of range",
    promise: "refusal.out-of-range",
    run({ mmio }) {
      const ends: ReadonlyArray<[number, Width]> = [
        [U32 - 4, "word"],
        [U32 - 2, "half"],
        [U32 - 1, "octet"],
        [2 ** 31, "word"],
      ];
      for (const [offset, width] of ends) {
        refused(mmio.read(offset, width), "out-of-range", offset);
        refused(mmio.write(offset, width, U32 - 1), "out-of-range", offset);
      }
    },
  },
  {
    group: "hostile",
    claim: "what is read is never less than zero or wider than its register",
    promise: "mmio.read",
    run({ mmio }) {
      for (let offset = 0; offset < mmio.size(); offset++) {
        for (const width of WIDTHS) {
          const answer = mmio.read(offset, width);
          if (answer.tag === "err") continue;
          const most = 2 ** (8 * OCTETS[width]) - 1;
          const { val } = answer;
          ok(Number.isInteger(val) && val >= 0 && val <= most, `${val}`);
        }
      }
    },
  },
  {
    group: "hostile",
    claim: "a storm of refused accesses changes nothing",
    promise: "refusal",
    run(fixture) {
      const { mmio } = fixture;
      withoutEffect(fixture, () => {
        for (let i = 0; i < 2_000; i++) {
          mmio.write(mmio.size() + 4 * i, "word", i);
          mmio.read(4 * i + 1, "word");
          mmio.write(4 * i + 2, "word", i);
        }
      });
    },
  },
  {
    group: "hostile",
    claim: "accesses by chance do as a plain model does",
    promise: "mmio",
    run({ mmio, registers }, { seed }) {
      const random = seeded(seed);
      const pick = <T>(list: readonly T[]): T | undefined =>
        list[Math.floor(random() * list.length)];
      const { kept, bell, window, constants } = registers;
      const now = new Map(
        kept.map(({ offset }) => [offset, read(mmio, offset)]),
      );
      const rung: number[] = [];
      bell.heard();
      for (let step = 0; step < STEPS; step++) {
        const act = random();
        const one = pick(kept);
        const constant = pick(constants);
        if (act < 0.25 && one !== undefined) {
          const value = pick(one.values) ?? 0;
          write(mmio, one.offset, value);
          now.set(one.offset, value);
        } else if (act < 0.45 && one !== undefined) {
          strictEqual(read(mmio, one.offset), now.get(one.offset), `${step}`);
        } else if (act < 0.6) {
          const value = pick(bell.values) ?? 0;
          write(mmio, bell.offset, value);
          rung.push(value);
        } else if (act < 0.75 && constant !== undefined) {
          const { offset, width, value } = constant;
          strictEqual(read(mmio, offset, width), value, `${step}`);
        } else {
          const width = pick(WIDTHS) ?? "octet";
          const octets = window.octets();
          const count = Math.floor(octets.length / OCTETS[width]);
          const at = Math.floor(random() * count) * OCTETS[width];
          const want = numberOf(octets.subarray(at, at + OCTETS[width]));
          strictEqual(read(mmio, window.offset + at, width), want, `${step}`);
        }
      }
      deepStrictEqual([...bell.heard()], rung);
    },
  },
];
