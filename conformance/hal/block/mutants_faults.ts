/** Devices that are wrong about what is durable, and about how they are. */
import type { Block, Done, ReadResult } from "../../../hal/block_contract.ts";
import type { BlockMutant } from "./mutants.ts";

const OK: Done = { tag: "ok" };

export const FAULT_MUTANTS: readonly BlockMutant[] = [
  {
    name: "gives zeros for what it could not read",
    breaks: "refusal.failed",
    device: (device) => ({
      read: (offset, length): ReadResult => {
        const result = device.read(offset, length);
        return hasFailed(result)
          ? { tag: "ok", val: new Uint8Array(length) }
          : result;
      },
    }),
  },
  {
    name: "swallows a write that failed",
    breaks: "refusal.failed",
    device: (device) => ({
      write: (offset, data) => {
        const done = device.write(offset, data);
        return hasFailed(done) ? OK : done;
      },
    }),
  },
  {
    name: "fails without a reason",
    breaks: "refusal.failed",
    device: (device) => ({
      read: (offset, length) => {
        const result = device.read(offset, length);
        return hasFailed(result)
          ? { tag: "err", val: { tag: "failed", val: "" } }
          : result;
      },
    }),
  },
  {
    name: "says full where the medium failed",
    breaks: "refusal.failed",
    device: (device) => ({
      write: (offset, data) => {
        const done = device.write(offset, data);
        return hasFailed(done) ? { tag: "err", val: { tag: "full" } } : done;
      },
    }),
  },
  {
    name: "swallows a flush that failed",
    breaks: "block.flush",
    device: (device) => ({
      flush: () => {
        const done = device.flush();
        return hasFailed(done) ? OK : done;
      },
    }),
  },
  {
    name: "calls the flush after a failed one good",
    breaks: "block.flush",
    device: (device) => {
      let failed = false;
      return {
        flush: () => {
          const done = failed ? OK : device.flush();
          failed ||= hasFailed(done);
          return done;
        },
      };
    },
  },
  {
    name: "is well after a failed flush",
    breaks: "block.health",
    device: () => ({ health: () => ({ tag: "ok" }) }),
  },
  {
    name: "is never well",
    breaks: "block.health",
    device: () => ({ health: () => ({ tag: "degraded", val: "moody" }) }),
  },
  {
    name: "makes only the newest write durable",
    breaks: "block.flush",
    device: (device) => heldBack(device, (held) => held.slice(-1)),
  },
  {
    name: "makes only the oldest write durable",
    breaks: "block.flush",
    device: (device) => heldBack(device, (held) => held.slice(0, 1)),
  },
  {
    name: "has another capacity when it is opened again",
    breaks: "block.describe",
    device: (device, life) => ({
      describe: () => {
        const geometry = device.describe();
        return life === 0
          ? geometry
          : { ...geometry, capacity: geometry.capacity / 2n };
      },
    }),
  },
  {
    name: "rots a block whenever it is opened again",
    breaks: "block",
    device: (device, life) => ({
      read: (offset, length) => {
        const result = device.read(offset, length);
        if (life > 0 && result.tag === "ok") result.val[100]! ^= 4;
        return result;
      },
    }),
  },
];

function hasFailed(answer: Done | ReadResult): boolean {
  return answer.tag === "err" && answer.val.tag === "failed";
}

/** Keeps writes to itself; a flush lets through what `chosen` picks. */
function heldBack(
  device: Block,
  chosen: (held: Array<[bigint, Uint8Array]>) => Array<[bigint, Uint8Array]>,
): Partial<Block> {
  let held: Array<[bigint, Uint8Array]> = [];
  const size = BigInt(device.describe().blockSize);
  const keep = (offset: bigint, data: Uint8Array) => {
    for (let at = 0n; at < BigInt(data.length); at += size) {
      const from = Number(at);
      held.push([offset + at, data.slice(from, from + Number(size))]);
    }
  };
  return {
    write(offset, data) {
      const probe = device.read(offset, data.length);
      if (probe.tag === "err" || device.describe().readOnly) {
        return device.write(offset, data);
      }
      keep(offset, data);
      return OK;
    },
    read(offset, length) {
      const result = device.read(offset, length);
      if (result.tag === "err") return result;
      for (const [at, data] of held) {
        const place = Number(at - offset);
        if (place >= 0 && place < length) result.val.set(data, place);
      }
      return result;
    },
    flush() {
      for (const [at, data] of chosen(held)) device.write(at, data);
      held = [];
      return device.flush();
    },
    discard(offset, length) {
      const done = device.discard(offset, length);
      if (done.tag === "ok") {
        held = held.filter(([at]) => at < offset || at >= offset + length);
      }
      return done;
    },
  };
}
