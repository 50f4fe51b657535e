/**
 * What every bus that gives `karyon:hal/mmio` must do. Names no implementation.
 *
 * Plan. Each case holds one promise of wit/hal/mmio/mmio.wit; what a register is
 * comes from the fixture, which has it from the device's specification.
 * - behaviour: control, constants, registers that keep, apart from each other, one
 *   that only hears, each access once and in order, a selector, flags that stay until
 *   they are cleared, a window in every width, low octet first, narrow writes, size
 * - refusals: each case of `refusal`, their order, no effect
 * - hostile: the ends of the types, a storm of refused accesses, accesses by chance
 *
 * Not here: the order between registers and `dma`, which drivers' own suites hold on
 * whole buses; the second that an access may take.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { LeftOut, type Suite } from "../suite/case.ts";
import {
  type MmioCase,
  type MmioFixture,
  narrowOf,
  numberOf,
  OCTETS,
  read,
  WIDTHS,
  write,
} from "./case.ts";
import { REFUSALS } from "./refusals.ts";

const group = "behaviour";

const BEHAVIOUR: readonly MmioCase[] = [
  {
    group,
    claim:
      "control: registers that never change read as the specification says",
    promise: "mmio.read",
    run({ mmio, registers }) {
      for (const { offset, width, value } of registers.constants) {
        strictEqual(read(mmio, offset, width), value, `register ${offset}`);
      }
    },
  },
  {
    group,
    claim: "a register reads the same twice, whatever lies between",
    promise: "mmio.read",
    run({ mmio, registers }) {
      const { constants, window } = registers;
      for (let round = 0; round < 3; round++) {
        for (const { offset, width, value } of constants) {
          strictEqual(read(mmio, offset, width), value, `register ${offset}`);
          read(mmio, window.offset, "octet");
        }
      }
    },
  },
  {
    group,
    claim: "a register that keeps reads as it was written",
    promise: "mmio.write",
    run({ mmio, registers }) {
      for (const { offset, values } of registers.kept) {
        for (const value of values) {
          write(mmio, offset, value);
          strictEqual(read(mmio, offset), value, `register ${offset}`);
        }
      }
    },
  },
  {
    group,
    claim: "a write reaches the register that it names and no other",
    promise: "mmio.write",
    run({ mmio, registers }) {
      const { kept, constants, window } = registers;
      const now = new Map(
        kept.map(({ offset }) => [offset, read(mmio, offset)]),
      );
      for (const { offset, values } of kept) {
        for (const value of values) {
          write(mmio, offset, value);
          now.set(offset, value);
          for (const [other, want] of now) {
            strictEqual(read(mmio, other), want, `${other} after ${offset}`);
          }
          for (const { offset: fixed, width, value } of constants) {
            strictEqual(read(mmio, fixed, width), value, `register ${fixed}`);
          }
          strictEqual(
            read(mmio, window.offset, "octet"),
            window.octets()[0],
            "the window",
          );
        }
      }
    },
  },
  {
    group,
    claim: "each write is heard once, in the order of the writes",
    promise: "mmio.write",
    run({ mmio, registers }) {
      const { bell } = registers;
      bell.heard();
      const values = [...bell.values, ...bell.values.toReversed()];
      for (const value of values) write(mmio, bell.offset, value);
      deepStrictEqual([...bell.heard()], values);
      deepStrictEqual([...bell.heard()], []);
    },
  },
  {
    group,
    claim: "a write is heard before the next access is answered",
    promise: "mmio.read",
    run({ mmio, registers }) {
      const { bell, constants } = registers;
      const [constant] = constants;
      bell.heard();
      for (const value of bell.values) {
        write(mmio, bell.offset, value);
        if (constant) read(mmio, constant.offset, constant.width);
        deepStrictEqual([...bell.heard()], [value]);
      }
    },
  },
  {
    group,
    claim: "reading is heard by nobody",
    promise: "mmio.read",
    run({ mmio, registers }) {
      const { bell, constants, kept } = registers;
      bell.heard();
      for (const { offset, width } of constants) read(mmio, offset, width);
      for (const { offset } of kept) read(mmio, offset);
      deepStrictEqual([...bell.heard()], []);
    },
  },
  {
    group,
    claim: "accesses are carried out in their order",
    promise: "mmio.read",
    run({ mmio, registers }) {
      const { select, shown, values } = registers.bank;
      for (
        const order of [values, values.toReversed(), [...values, ...values]]
      ) {
        for (const [selector, value] of order) {
          write(mmio, select, selector);
          strictEqual(read(mmio, shown), value, `selected ${selector}`);
        }
      }
    },
  },
  {
    group,
    claim: "a flag stays set however often it is read",
    promise: "mmio.read",
    run({ mmio, registers }) {
      const { shown, clear, bits, set } = registers.flags;
      for (const bit of bits) {
        set(bit);
        strictEqual(read(mmio, shown) & bit, bit, "set");
        strictEqual(read(mmio, shown) & bit, bit, "read again");
        write(mmio, clear, bit);
        strictEqual(read(mmio, shown) & bit, 0, "cleared");
      }
    },
  },
  {
    group,
    claim: "a write of no bits clears no flag",
    promise: "mmio.write",
    run({ mmio, registers }) {
      const { shown, clear, bits, set } = registers.flags;
      bits.forEach(set);
      const all = read(mmio, shown);
      write(mmio, clear, 0);
      strictEqual(read(mmio, shown), all, "nothing was cleared");
      write(mmio, clear, all);
      strictEqual(read(mmio, shown), 0, "all was cleared");
    },
  },
  {
    group,
    claim: "octets of the window are read in every width, the lowest first",
    promise: "mmio",
    run({ mmio, registers: { window } }) {
      const octets = window.octets();
      for (const width of WIDTHS) {
        const step = OCTETS[width];
        for (let at = 0; at + step <= octets.length; at += step) {
          const want = numberOf(octets.subarray(at, at + step));
          strictEqual(read(mmio, window.offset + at, width), want, `${at}`);
        }
      }
    },
  },
  {
    group,
    claim: "what the device changed is read",
    promise: "mmio.read",
    run({ mmio, registers: { window } }) {
      if (window.change === undefined) {
        throw new LeftOut("the device does not change its window here");
      }
      const all = () =>
        Array.from(
          { length: window.octets().length },
          (_, at) => read(mmio, window.offset + at, "octet"),
        );
      deepStrictEqual(all(), [...window.octets()]);
      const before = all();
      window.change();
      deepStrictEqual(all(), [...window.octets()]);
      ok(before.some((octet, at) => octet !== all()[at]), "it did not change");
    },
  },
  {
    group,
    claim: "a narrow write has the low octets of the value",
    promise: "mmio.write",
    run(fixture) {
      const { places, seen } = narrowOf(fixture);
      for (const place of places) {
        const mask = 2 ** (8 * OCTETS[place.width]) - 1;
        for (const value of [0x0102_0304, 0xffff_ffff, 0]) {
          const done = fixture.mmio.write(place.offset, place.width, value);
          strictEqual(done.tag, "ok");
          strictEqual(seen(place), (value & mask) >>> 0, `at ${place.offset}`);
        }
      }
    },
  },
  {
    group,
    claim: "the size is constant and ends with the last register",
    promise: "mmio.size",
    run({ mmio, registers }) {
      const { window, bell } = registers;
      const end = window.offset + window.octets().length;
      strictEqual(mmio.size(), end);
      read(mmio, end - 1, "octet");
      write(mmio, bell.offset, bell.values[0] ?? 0);
      strictEqual(mmio.size(), end);
    },
  },
];

export const MMIO_SUITE: Suite<MmioFixture> = {
  contract: "mmio",
  wit: "wit/hal/mmio/mmio.wit",
  about: "karyon:hal/mmio@0.1.0: behaviour, refusals, hostile input",
  cases: [...BEHAVIOUR, ...REFUSALS],
};
