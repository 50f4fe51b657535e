/**
 * Devices that are right as long as nothing ends without order.
 *
 * Each hides its fault from whoever closes it and opens it again; only the states
 * that a power cut may leave show it.
 */
import type { Block, Done } from "../../../../hal/block_contract.ts";
import { BLOCK_OCTETS } from "../case.ts";
import type { BlockMutant } from "../mutants.ts";

const OK: Done = { tag: "ok" };
const group = "crashes";

export const CRASH_MUTANTS: readonly BlockMutant[] = [
  {
    name: "does not pass a flush on",
    breaks: "block.flush",
    group,
    device: () => ({ flush: () => OK }),
  },
  {
    name: "passes on every second flush",
    breaks: "block.flush",
    group,
    device(device) {
      let count = 0;
      return { flush: () => ++count % 2 === 0 ? device.flush() : OK };
    },
  },
  {
    name: "flushes only after several writes",
    breaks: "block.flush",
    group,
    device(device) {
      let writes = 0;
      return {
        write: (offset, data) => (writes++, device.write(offset, data)),
        flush: () => writes % 3 === 1 ? OK : device.flush(),
      };
    },
  },
  {
    name: "flushes the device before its own cache",
    breaks: "block.flush",
    group,
    device: (device) =>
      behind(device, (held, write) => {
        const done = device.flush();
        held.forEach(write);
        return done;
      }),
  },
  {
    name: "keeps the last write of a flush for later",
    breaks: "block.flush",
    group,
    device: (device) =>
      behind(device, (held, write) => {
        held.slice(0, -1).forEach(write);
        const done = device.flush();
        held.slice(-1).forEach(write);
        return done;
      }),
  },
  {
    name: "flushes when the next operation comes",
    breaks: "block.flush",
    group,
    device(device) {
      let owed = false;
      const pay = () => {
        if (owed) device.flush();
        owed = false;
      };
      return {
        flush: () => (owed = true, OK),
        write: (offset, data) => (pay(), device.write(offset, data)),
        discard: (offset, length) => (pay(), device.discard(offset, length)),
      };
    },
  },
  {
    name: "flushes only if it wrote in this life",
    breaks: "block.flush",
    group,
    device(device, life) {
      let wrote = life === 0;
      return {
        write: (offset, data) => (wrote = true, device.write(offset, data)),
        flush: () => wrote ? device.flush() : OK,
      };
    },
  },
  {
    name: "writes once more after a flush what it flushed, cleared first",
    breaks: "block.flush",
    group,
    device(device) {
      let latest: [bigint, Uint8Array] | undefined;
      return {
        write: (
          offset,
          data,
        ) => (latest = [offset, data.slice()], device.write(offset, data)),
        flush() {
          const done = device.flush();
          if (latest !== undefined) {
            device.write(latest[0], new Uint8Array(latest[1].length));
            device.write(...latest);
          }
          return done;
        },
      };
    },
  },
  {
    name: "clears a block before it writes it",
    breaks: "block",
    group,
    device: (device) => ({
      write(offset, data) {
        const done = device.write(
          offset,
          new Uint8Array(data.length).fill(170),
        );
        return done.tag === "ok" ? device.write(offset, data) : done;
      },
    }),
  },
  {
    name: "turns octets over on the medium, and back",
    breaks: "block",
    group,
    device: (device) => ({
      write(offset, data) {
        const done = device.write(offset, data.map((octet) => octet ^ 0xff));
        return done.tag === "ok" ? device.write(offset, data) : done;
      },
    }),
  },
  {
    name: "writes a block together with the next one, which it clears first",
    breaks: "block",
    group,
    device: (device) => ({
      write(offset, data) {
        const next = offset + BigInt(data.length);
        const beside = device.read(next, BLOCK_OCTETS);
        const done = device.write(offset, data);
        if (done.tag === "ok" && beside.tag === "ok") {
          device.write(next, new Uint8Array(BLOCK_OCTETS).fill(9));
          device.write(next, beside.val);
        }
        return done;
      },
    }),
  },
  {
    name: "keeps a note in the last block while it writes",
    breaks: "block",
    group,
    device: (device) => ({
      write(offset, data) {
        const { capacity } = device.describe();
        const place = capacity - BigInt(BLOCK_OCTETS);
        const before = device.read(place, BLOCK_OCTETS);
        if (before.tag === "err" || device.describe().readOnly) {
          return device.write(offset, data);
        }
        device.write(place, new Uint8Array(BLOCK_OCTETS).fill(1));
        device.write(place, before.val);
        return device.write(offset, data);
      },
    }),
  },
  {
    name: "moves the first block about while it opens again",
    breaks: "block.flush",
    group,
    device(device, life) {
      for (let at = 0; life > 0 && at < 16; at++) {
        const place = BigInt(at * BLOCK_OCTETS);
        const before = device.read(place, BLOCK_OCTETS);
        if (before.tag === "err" || device.describe().readOnly) break;
        device.write(place, new Uint8Array(BLOCK_OCTETS).fill(3));
        device.write(place, before.val);
      }
      return {};
    },
  },
  {
    name: "discards by writing marks, and zeros over them",
    breaks: "block.discard",
    group,
    device: (device) => ({
      discard(offset, length) {
        const size = BigInt(BLOCK_OCTETS);
        for (
          let at = 0n;
          at < length && !device.describe().readOnly;
          at += size
        ) {
          const marks = device.write(
            offset + at,
            new Uint8Array(BLOCK_OCTETS).fill(0xdd),
          );
          if (marks.tag === "err") break;
          device.write(offset + at, new Uint8Array(BLOCK_OCTETS));
        }
        return device.discard(offset, length);
      },
    }),
  },
  {
    name: "carries a discard out again behind newer writes, and repairs them",
    breaks: "block.discard",
    group,
    device(device) {
      let late: [bigint, bigint] | undefined;
      return {
        discard(offset, length) {
          const done = device.discard(offset, length);
          if (done.tag === "ok") late = [offset, length];
          return done;
        },
        flush() {
          const done = device.flush();
          if (late === undefined || done.tag === "err") return done;
          const [offset, length] = late;
          late = undefined;
          const now = device.read(offset, BLOCK_OCTETS);
          device.discard(offset, length);
          if (now.tag === "ok") device.write(offset, now.val);
          return done;
        },
      };
    },
  },
  {
    name: "discards the block behind as well, and writes it anew",
    breaks: "block.discard",
    group,
    device: (device) => ({
      discard(offset, length) {
        const next = offset + length;
        const beside = device.read(next, BLOCK_OCTETS);
        const done = device.discard(offset, length);
        if (done.tag === "ok" && beside.tag === "ok") {
          device.discard(next, BigInt(BLOCK_OCTETS));
          device.write(next, beside.val);
        }
        return done;
      },
    }),
  },
];

/** Keeps writes to itself until a flush, which `settle` carries out. */
function behind(
  device: Block,
  settle: (
    held: ReadonlyArray<[bigint, Uint8Array]>,
    write: (one: [bigint, Uint8Array]) => void,
  ) => Done,
): Partial<Block> {
  let held: Array<[bigint, Uint8Array]> = [];
  return {
    write(offset, data) {
      const probe = device.read(offset, data.length);
      if (probe.tag === "err" || device.describe().readOnly) {
        return device.write(offset, data);
      }
      for (let at = 0; at < data.length; at += BLOCK_OCTETS) {
        held.push([
          offset + BigInt(at),
          data.slice(at, at + BLOCK_OCTETS),
        ]);
      }
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
      const now = held;
      held = [];
      return settle(now, ([offset, data]) => device.write(offset, data));
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
