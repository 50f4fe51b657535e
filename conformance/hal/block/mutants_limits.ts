/** Devices that are wrong at the ends: of the device, of types, of orders. */
import type { Done } from "../../../hal/block_contract.ts";
import type { BlockMutant } from "./mutants.ts";

const OK: Done = { tag: "ok" };

export const LIMIT_MUTANTS: readonly BlockMutant[] = [
  {
    name: "reads offsets as 32 bits",
    breaks: "refusal.out-of-range",
    device: (device) => ({
      read: (offset, length) => device.read(BigInt.asUintN(32, offset), length),
    }),
  },
  {
    name: "takes a sector for its block",
    breaks: "refusal.misaligned",
    device: (device) => ({
      read: (offset, length) => {
        const sector = offset % 512n === 0n && offset % 4096n !== 0n;
        return device.read(sector ? offset - offset % 4096n : offset, length);
      },
    }),
  },
  {
    name: "accepts nothing to do",
    breaks: "refusal.misaligned",
    device: (device) => ({
      write: (offset, data) =>
        data.length === 0 ? OK : device.write(offset, data),
    }),
  },
  {
    name: "reads more than transfer-max",
    breaks: "refusal.misaligned",
    device: (device) => ({
      read: (offset, length) =>
        length > device.describe().transferMax && length < 2 ** 20
          ? { tag: "ok", val: new Uint8Array(length) }
          : device.read(offset, length),
    }),
  },
  {
    name: "cuts a larger write into transfers",
    breaks: "refusal.misaligned",
    device: (device) => ({
      write: (offset, data) => {
        const { transferMax } = device.describe();
        if (data.length <= transferMax) return device.write(offset, data);
        const first = device.write(offset, data.subarray(0, transferMax));
        const next = offset + BigInt(transferMax);
        return first.tag === "err"
          ? first
          : device.write(next, data.subarray(transferMax));
      },
    }),
  },
  {
    name: "does not use its last block",
    breaks: "geometry.capacity",
    device: (device) => ({
      write: (offset, data) => {
        const { blockSize, capacity } = device.describe();
        return offset === capacity - BigInt(blockSize)
          ? { tag: "err", val: { tag: "out-of-range" } }
          : device.write(offset, data);
      },
    }),
  },
  {
    name: "limits a discard to a transfer",
    breaks: "geometry.transfer-max",
    device: (device) => ({
      discard: (offset, length) =>
        length > BigInt(device.describe().transferMax)
          ? { tag: "err", val: { tag: "misaligned" } }
          : device.discard(offset, length),
    }),
  },
  {
    name: "fills what it discards with ones",
    breaks: "block.discard",
    device: (device) => ({
      discard: (offset, length) => {
        const done = device.discard(offset, length);
        const { blockSize } = device.describe();
        if (done.tag === "ok") {
          device.write(offset, new Uint8Array(blockSize).fill(0xff));
        }
        return done;
      },
    }),
  },
  {
    name: "refuses the second flush",
    breaks: "block.discard",
    device: (device) => {
      let clean = false;
      return {
        write: (offset, data) => {
          clean = false;
          return device.write(offset, data);
        },
        flush: () => {
          if (clean) {
            return { tag: "err", val: { tag: "failed", val: "clean" } };
          }
          clean = true;
          return device.flush();
        },
      };
    },
  },
  {
    name: "is not for reading although it was opened so",
    breaks: "geometry.read-only",
    device: (device) => ({
      describe: () => ({ ...device.describe(), readOnly: false }),
    }),
  },
  {
    name: "swallows discards on a device for reading",
    breaks: "refusal.read-only",
    device: (device) => ({
      discard: (offset, length) =>
        device.describe().readOnly ? OK : device.discard(offset, length),
    }),
  },
  {
    name: "writes the whole buffer behind a view",
    breaks: "block.write",
    device: (device) => ({
      write: (offset, data) =>
        data.byteOffset === 0
          ? device.write(offset, data)
          : device.write(offset, new Uint8Array(data.buffer, 0, data.length)),
    }),
  },
  {
    name: "loses every hundredth write",
    breaks: "block",
    device: (device) => {
      let writes = 0;
      return {
        write: (offset, data) =>
          ++writes % 100 === 0 ? OK : device.write(offset, data),
      };
    },
  },
  {
    name: "discards one block fewer on a write over several",
    breaks: "block",
    device: (device) => {
      let writes = 0;
      return {
        write: (offset, data) => {
          const { blockSize } = device.describe();
          const short = data.length > blockSize && ++writes > 20;
          return device.write(offset, short ? data.slice(0, -blockSize) : data);
        },
      };
    },
  },
  {
    name: "crashes on an offset that is no safe integer",
    breaks: "refusal.out-of-range",
    device: (device) => ({
      discard: (offset, length) => {
        if (offset >= 2n ** 53n) throw new RangeError("offset");
        return device.discard(offset, length);
      },
    }),
  },
];
