/** A sound bus to a small device of its own, for the check of the suite. */
import type { Mmio, MmioRefusal, Width } from "../../../hal/bus_contract.ts";
import { type MmioSubject, numberOf, OCTETS } from "./case.ts";

const NAME = 0x4b41_5259;
const WINDOW = 0x40;
const WINDOW_OCTETS = 22;
const NARROW = 0x20;
const BANK: ReadonlyArray<readonly [number, number]> = [
  [0, 0xffff_fff0],
  [1, 17],
  [2, 0],
];

type Refused = { tag: "err"; val: MmioRefusal };
const no = (tag: "misaligned" | "out-of-range"): Refused => ({
  tag: "err",
  val: { tag },
});

class Device {
  readonly words = new Map([[0x10, 0], [0x14, 0], [0x18, 0]]);
  readonly narrow = new Uint8Array(4);
  readonly window = Uint8Array.from(
    { length: WINDOW_OCTETS },
    (_, i) => (i * 37 + 200) & 0xff,
  );
  heard: number[] = [];
  flags = 0;

  /** Undefined: there is nothing to read. */
  read(offset: number, width: Width): number | undefined {
    const octets = OCTETS[width];
    if (offset >= WINDOW) {
      const at = offset - WINDOW;
      return at + octets > WINDOW_OCTETS
        ? undefined
        : numberOf(this.window.subarray(at, at + octets));
    }
    if (width === "half" && offset === 4) return 3;
    if (width !== "word") return undefined;
    const bank = BANK.find(([selector]) => selector === this.words.get(0x18));
    if (offset === 0) return NAME;
    if (offset === 0x1c) return bank?.[1] ?? 0;
    if (offset === 0x28) return this.flags;
    return offset === 0x18 ? undefined : this.words.get(offset);
  }

  /** False: there is nothing to write. */
  write(offset: number, width: Width, value: number): boolean {
    if (width !== "word") {
      const at = offset - NARROW;
      if (at < 0 || at + OCTETS[width] > 4) return false;
      for (let i = 0; i < OCTETS[width]; i++) {
        this.narrow[at + i] = value >>> (8 * i);
      }
      return true;
    }
    if (offset === 0x08) this.heard.push(value >>> 0);
    else if (offset === 0x2c) this.flags &= ~value;
    else if (this.words.has(offset)) this.words.set(offset, value >>> 0);
    else return false;
    return true;
  }
}

const WORDS = [0x10, 0x14] as const;

export const REFERENCE: MmioSubject = {
  contract: "mmio",
  make() {
    const device = new Device();
    let isBroken = false;
    const broken: Refused = {
      tag: "err",
      val: { tag: "failed", val: "the bus is gone" },
    };
    const mmio: Mmio = {
      size: () => WINDOW + WINDOW_OCTETS,
      read(offset, width) {
        if (offset % OCTETS[width] !== 0) return no("misaligned");
        if (isBroken) return broken;
        const val = device.read(offset, width);
        return val === undefined ? no("out-of-range") : { tag: "ok", val };
      },
      write(offset, width, value) {
        if (offset % OCTETS[width] !== 0) return no("misaligned");
        if (isBroken) return broken;
        return device.write(offset, width, value)
          ? { tag: "ok" }
          : no("out-of-range");
      },
    };
    return {
      mmio,
      registers: {
        constants: [
          { offset: 0, width: "word", value: NAME },
          { offset: 4, width: "half", value: 3 },
        ],
        kept: WORDS.map((offset) => ({
          offset,
          values: [1, 0x8000_0001, 0xffff_ffff, 0, offset],
        })),
        window: {
          offset: WINDOW,
          octets: () => device.window.slice(),
          change: () =>
            void device.window.forEach((octet, i, all) => {
              all[i] = octet ^ 0x5a;
            }),
        },
        bell: {
          offset: 0x08,
          values: [3, 1, 0xffff_fffe, 2],
          heard() {
            const heard = device.heard;
            device.heard = [];
            return heard;
          },
        },
        bank: { select: 0x18, shown: 0x1c, values: BANK },
        flags: {
          shown: 0x28,
          clear: 0x2c,
          bits: [1, 2, 0x80],
          set: (bit) => void (device.flags |= bit),
        },
        narrow: {
          places: [
            { offset: NARROW, width: "octet" },
            { offset: NARROW + 1, width: "octet" },
            { offset: NARROW + 2, width: "half" },
          ],
          seen: ({ offset, width }) =>
            numberOf(device.narrow.subarray(
              offset - NARROW,
              offset - NARROW + OCTETS[width],
            )),
        },
        unreadable: [
          { offset: 0, width: "octet" },
          { offset: 0, width: "half" },
          { offset: 0x08, width: "word" },
          { offset: 0x0c, width: "word" },
          { offset: 0x18, width: "word" },
        ],
        unwritable: [
          { offset: 0, width: "word" },
          { offset: 4, width: "half" },
          { offset: 0x0c, width: "word" },
          { offset: 0x1c, width: "word" },
          { offset: WINDOW, width: "octet" },
        ],
      },
      breakBus: () => void (isBroken = true),
      dispose() {},
    };
  },
};
