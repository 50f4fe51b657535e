/** Devices that do the wrong thing with octets and refusals. */
import type { Done } from "../../../hal/block_contract.ts";
import type { BlockMutant } from "./mutants.ts";

const OK: Done = { tag: "ok" };

export const DATA_MUTANTS: readonly BlockMutant[] = [
  {
    name: "reads one octet too few",
    breaks: "block.read",
    device: (device) => ({
      read: (offset, length) => {
        const result = device.read(offset, length);
        return result.tag === "ok"
          ? { tag: "ok", val: result.val.subarray(0, -1) }
          : result;
      },
    }),
  },
  {
    name: "writes one block further",
    breaks: "block.write",
    device: (device) => ({
      write: (offset, data) => {
        const { blockSize, capacity } = device.describe();
        const moved = offset + BigInt(blockSize);
        return device.write(moved < capacity ? moved : offset, data);
      },
    }),
  },
  {
    name: "writes the rest of a transfer only up to its half",
    breaks: "geometry.transfer-max",
    device: (device) => ({
      write: (offset, data) => {
        const { blockSize, transferMax } = device.describe();
        return data.length === transferMax
          ? device.write(offset, data.subarray(0, transferMax - blockSize))
          : device.write(offset, data);
      },
    }),
  },
  {
    name: "keeps a reference to written data until flush",
    breaks: "block.write",
    device: (device) => {
      const kept: Array<[bigint, Uint8Array]> = [];
      const settle = () => kept.map((each) => device.write(...each));
      return {
        write: (offset, data) => {
          const done = device.write(offset, data);
          if (done.tag === "ok") kept.push([offset, data]);
          return done;
        },
        flush: () => {
          settle();
          kept.length = 0;
          return device.flush();
        },
      };
    },
  },
  {
    name: "gives the same buffer for every read",
    breaks: "block.read",
    device: (device) => {
      const buffer = new Uint8Array(device.describe().transferMax);
      return {
        read: (offset, length) => {
          const result = device.read(offset, length);
          if (result.tag === "err") return result;
          buffer.set(result.val);
          return { tag: "ok", val: buffer.subarray(0, length) };
        },
      };
    },
  },
  {
    name: "rounds a misaligned write down",
    breaks: "refusal.misaligned",
    device: (device) => ({
      write: (offset, data) => {
        const size = BigInt(device.describe().blockSize);
        return device.write(offset - offset % size, data);
      },
    }),
  },
  {
    name: "cuts a range at the capacity",
    breaks: "refusal.out-of-range",
    device: (device) => ({
      write: (offset, data) => {
        const room = device.describe().capacity - offset;
        return room > 0n && room < BigInt(data.length)
          ? device.write(offset, data.subarray(0, Number(room)))
          : device.write(offset, data);
      },
    }),
  },
  {
    name: "writes a part before it refuses",
    breaks: "refusal.out-of-range",
    device: (device) => ({
      write: (offset, data) => {
        const done = device.write(offset, data);
        const size = device.describe().blockSize;
        if (done.tag === "err") device.write(offset, data.subarray(0, size));
        return done;
      },
    }),
  },
  {
    name: "says flushed before it wrote anything",
    breaks: "block.flush",
    device: (device) => {
      const cache = new Map<bigint, Uint8Array>();
      const { blockSize } = device.describe();
      const blocks = (offset: bigint, length: number) =>
        Array.from(
          { length: Math.ceil(length / blockSize) },
          (_, i) => offset + BigInt(i * blockSize),
        );
      return {
        write: (offset, data) => {
          const probe = device.read(offset, data.length);
          if (probe.tag === "err") return device.write(offset, data);
          if (device.describe().readOnly) return device.write(offset, data);
          blocks(offset, data.length).forEach((place, i) =>
            cache.set(
              place,
              data.slice(i * blockSize, (i + 1) * blockSize),
            )
          );
          return OK;
        },
        read: (offset, length) => {
          const result = device.read(offset, length);
          if (result.tag === "err") return result;
          blocks(offset, length).forEach((place, i) => {
            const block = cache.get(place);
            if (block !== undefined) result.val.set(block, i * blockSize);
          });
          return result;
        },
        flush: () => OK,
        discard: (offset, length) => {
          const done = device.discard(offset, length);
          if (done.tag === "ok") {
            blocks(offset, Number(length)).forEach((b) => cache.delete(b));
          }
          return done;
        },
      };
    },
  },
  {
    name: "discards the block before, too",
    breaks: "block.discard",
    device: (device) => ({
      discard: (offset, length) => {
        const { blockSize, readOnly } = device.describe();
        const done = device.discard(offset, length);
        if (done.tag === "ok" && !readOnly && offset > 0n) {
          const before = offset - BigInt(blockSize);
          device.write(before, new Uint8Array(blockSize));
        }
        return done;
      },
    }),
  },
  {
    name: "gives ones for what was never written",
    breaks: "block.read",
    device: (device) => {
      const written = new Set<bigint>();
      const size = BigInt(device.describe().blockSize);
      return {
        write: (offset, data) => {
          const end = offset + BigInt(data.length);
          for (let at = offset; at < end; at += size) written.add(at);
          return device.write(offset, data);
        },
        read: (offset, length) => {
          const result = device.read(offset, length);
          if (result.tag === "err") return result;
          const fresh = !written.has(offset) && result.val[0] === 0;
          if (fresh) result.val.fill(1, 0, Number(size));
          return result;
        },
      };
    },
  },
  {
    name: "is out of range where it should be misaligned",
    breaks: "refusal.misaligned",
    device: (device) => ({
      read: (offset, length) => {
        const result = device.read(offset, length);
        return result.tag === "err" && result.val.tag === "misaligned"
          ? { tag: "err", val: { tag: "out-of-range" } }
          : result;
      },
    }),
  },
  {
    name: "swallows writes to a device for reading",
    breaks: "refusal.read-only",
    device: (device) => ({
      write: (offset, data) =>
        device.describe().readOnly ? OK : device.write(offset, data),
    }),
  },
  {
    name: "grows its capacity as it is used",
    breaks: "block.describe",
    device: (device) => {
      let writes = 0n;
      return {
        describe: () => {
          const geometry = device.describe();
          const more = writes * BigInt(geometry.blockSize);
          return { ...geometry, capacity: geometry.capacity + more };
        },
        write: (offset, data) => {
          writes++;
          return device.write(offset, data);
        },
      };
    },
  },
  {
    name: "degrades when it refuses",
    breaks: "refusal",
    device: (device) => {
      let refused = false;
      return {
        read: (offset, length) => {
          const result = device.read(offset, length);
          refused ||= result.tag === "err";
          return result;
        },
        health: () =>
          refused ? { tag: "degraded", val: "refused" } : device.health(),
      };
    },
  },
];
