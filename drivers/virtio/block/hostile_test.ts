/**
 * The driver on devices that are wrong in one way each.
 *
 * Plan. Whatever the device does, an operation ends in time, as done, refused or
 * gone; the driver never breaks off, takes no wrong octets for right ones, and
 * never does itself what Virtio 1.2 forbids.
 * - control: an honest device; one notification for many requests
 * - each lie about one request of each kind, alone and among eight: the driver
 *   recovers and nobody notices
 * - each lie about every request: gone, with a reason, and health says so; when
 *   the device is honest again, everything written before is there
 * - each wrong thing that a device can say of itself: refused, by name
 * - devices with fewer features, small queues and odd limits: used as they are
 * - a device that is another one after a reset; a bus that fails
 * - what was not flushed survives resets that forget it
 * - random lies at random moments
 */
import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { BLOCKS } from "../../../conformance/hal/block/case.ts";
import { seeded, type VirtioBus } from "../../virtual/virtio_bus/bus.ts";
import type { VirtioDisk } from "../../virtual/virtio_bus/disk.ts";
import {
  BREAKING,
  KIND,
  type Lie,
  LIES,
} from "../../virtual/virtio_bus/lies.ts";
import type { FeatureName } from "../../virtual/virtio_bus/shape.ts";
import { endTrials, KINDS, type Operation, Trial } from "./testing/trial.ts";

const EVERY = 1_000_000;
const SEEDS = 6;
const ROUNDS = 12;
const STEPS = 120;

type Shape = (disk: VirtioDisk, bus: VirtioBus) => void;
const honest: Shape = () => {};
/** Honest, but what was not flushed is gone with every reset. */
const forgetful: Shape = ({ shape }) => void (shape.forgets = true);

function test(claim: string, body: () => Promise<void>): void {
  Deno.test(`virtio/block: ${claim}`, body);
}

async function on(shape: Shape, body: (trial: Trial) => void, seed = 1) {
  const trial = await Trial.open(shape, seed);
  try {
    body(trial);
  } finally {
    trial.end();
  }
}

function writeAll(trial: Trial): void {
  for (let number = 0; number < BLOCKS; number += 8) {
    strictEqual(trial.do("write", number, 8), "ok");
  }
}

test("control: an honest device does everything", () =>
  on(honest, (trial) => {
    writeAll(trial);
    for (const kind of KINDS) strictEqual(trial.do(kind), "ok", kind);
    trial.recovered();
    strictEqual(trial.bus.disk.counts.resets, 1);
    ok(trial.bus.nowUs < 1000, "an honest device is not waited for");
  }));

/** Eight requests for what is else one. */
const inEight: Shape = ({ shape }) => {
  shape.features = [...shape.features, "sizeMax"];
  shape.segMax = 1;
};

test("many requests are given with one notification", () =>
  on(inEight, (trial) => {
    const { counts } = trial.bus.disk;
    strictEqual(trial.do("write", 0, 8), "ok");
    strictEqual(counts.requests, 8);
    strictEqual(counts.kicks, 1);
    trial.recovered();
  }));

test("one of eight requests at once: each lie", async () => {
  for (const lie of LIES) {
    for (const kind of ["read", "write"] as const) {
      await on(inEight, (trial) => {
        writeAll(trial);
        trial.bus.disk.tell(lie, KIND[kind]);
        match(trial.do(kind, 16, 8), wanted(lie, kind), `${lie}, ${kind}`);
        trial.recovered();
      });
    }
  }
});

test("what was not flushed is there after a reset that forgets it", () =>
  on(forgetful, (trial) => {
    const random = seeded(3);
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < 12; i++) {
        const blocks = 1 + Math.floor(random() * 4);
        const number = Math.floor(random() * 12);
        strictEqual(trial.do("write", number, blocks), "ok");
      }
      trial.bus.disk.tell("needs-reset");
      strictEqual(trial.do("read", 0, 8), "ok");
      strictEqual(trial.do("read", 8, 8), "ok");
      if (round % 3 === 0) strictEqual(trial.do("flush"), "ok");
    }
    trial.recovered();
  }));

test("a device that asks for a reset is not waited for", () =>
  on(honest, (trial) => {
    trial.bus.disk.tell("needs-reset");
    strictEqual(trial.do("write"), "ok");
    ok(trial.bus.nowUs < 1_000_000, `${trial.bus.nowUs} us`);
  }));

/** What one lie about one request comes to. */
function wanted(lie: Lie, kind: Operation): RegExp {
  if (lie === "stuck-for-good") return /^gone: .*reset/;
  const isTold = lie === "io-error" || lie === "unsupported";
  if (!isTold || kind === "discard") return /^ok$/;
  return lie === "io-error" ? /reports an error/ : /does not know it/;
}

for (const lie of LIES) {
  test(`one request: ${lie}`, async () => {
    for (const kind of KINDS) {
      await on(forgetful, (trial) => {
        writeAll(trial);
        trial.bus.disk.tell(lie, KIND[kind]);
        match(trial.do(kind), wanted(lie, kind), `${lie}, ${kind}`);
        trial.recovered();
      });
    }
  });

  test(`every request: ${lie}`, async () => {
    for (const kind of KINDS) {
      await on(forgetful, (trial) => {
        writeAll(trial);
        trial.bus.disk.tell(lie, undefined, EVERY);
        const ended = trial.do(kind);
        const isShort = lie === "short" && kind === "read";
        if (BREAKING.has(lie) || isShort) {
          // What is kept cannot be written again, either.
          match(ended, /^gone: ./, `${lie}, ${kind}`);
          strictEqual(trial.device.health().tag, "degraded", lie);
        }
        for (const other of KINDS) trial.do(other, 9);
        trial.recovered();
      });
    }
  });
}

const FORGED = 0xffff_ffff;
const without = (...names: FeatureName[]): Shape => ({ shape }) => {
  shape.features = shape.features.filter((name) => !names.includes(name));
};
const has = (change: Partial<VirtioDisk["shape"]>): Shape => ({ shape }) =>
  void Object.assign(shape, change);
const forges = (register: number, value: number): Shape => (_, { forged }) =>
  void forged.set(register, value);

const REFUSED: ReadonlyArray<readonly [string, Shape, RegExp]> = [
  ["no device", forges(0x00, FORGED), /no virtio device/],
  ["registers of before 1.0", forges(0x04, 1), /of version 1/],
  ["a network card", forges(0x08, 1), /kind 1/],
  ["nothing at all", forges(0x70, FORGED), /does not reset/],
  ["no end of its reset", has({ neverResets: true }), /does not reset/],
  ["away", has({ isAway: true }), /does not (reset|start)/],
  ["no Virtio 1.0", without("version1"), /older than Virtio 1.0/],
  ["no wish for features", has({ refusesFeatures: true }), /refuses the feat/],
  ["a queue in use", forges(0x44, 1), /in use/],
  ["a queue that it does not take", forges(0x44, 0), /take the queue/],
  ["no queue", has({ queueEntries: 0 }), /queue of 0/],
  ["a queue of two", has({ queueEntries: 2 }), /queue of 2/],
  ["no capacity", has({ sectors: 0n }), /capacity is 0/],
  ["less than a block", has({ sectors: 7n }), /capacity is 7/],
  ["all capacity", has({ sectors: 2n ** 64n - 1n }), /capacity is 1844674/],
  ["capacity past 53 bits", has({ sectors: 2n ** 44n }), /capacity is 1759218/],
  ["blocks of nothing", has({ blockSize: 0 }), /block size is 0/],
  ["blocks of 1000", has({ blockSize: 1000 }), /block size is 1000/],
  ["blocks of 64 octets", has({ blockSize: 64 }), /block size is 64/],
  ["huge blocks", has({ blockSize: 1 << 31 }), /block size is 2147483648/],
  ["larger blocks", has({ blockSize: 8192 }), /larger than 4096/],
  ["no segments", has({ segMax: 0 }), /no segment/],
  ["a configuration that does not rest", has({ isRestless: true }), /not rest/],
  ["segments of one octet", ({ shape }) => {
    shape.features = [...shape.features, "sizeMax"];
    shape.sizeMax = 1;
  }, /segments of 1 octets/],
  ["a bus that fails", (_, bus) => void (bus.broken = "unplugged"), /the bus/],
];

test("a device that makes no sense is refused, with the reason", async () => {
  for (const [what, shape, reason] of REFUSED) {
    await rejects(on(shape, () => {}), reason, what);
  }
});

const ODD: ReadonlyArray<readonly [string, Shape]> = [
  ["no indirect tables", without("indirect")],
  ["no event index", without("eventIndex")],
  ["neither", without("indirect", "eventIndex")],
  ["no flush", without("flush")],
  ["no discard", without("discard")],
  ["a discard of nothing", has({ discardSectors: 0 })],
  ["discards of one block", has({ discardSectors: 8 })],
  ["discards of one sector", has({ discardSectors: 1 })],
  ["nothing but 1.0", has({ features: ["version1"] })],
  ["a queue of four", has({ queueEntries: 4 })],
  ["a queue of four, direct", (disk, bus) => {
    without("indirect")(disk, bus);
    disk.shape.queueEntries = 4;
  }],
  ["a queue of 100", has({ queueEntries: 100 })],
  ["a queue of 32768", has({ queueEntries: 32768 })],
  ["one short segment, direct", ({ shape }) => {
    shape.features = ["version1", "segMax", "sizeMax", "flush", "eventIndex"];
    shape.segMax = 1;
    shape.sizeMax = 512;
    shape.queueEntries = 8;
  }],
  ["segments of odd length", ({ shape }) => {
    shape.features = [...shape.features, "sizeMax"];
    shape.sizeMax = 1537;
  }],
  ["segments without a limit, said as 0", ({ shape }) => {
    shape.features = [...shape.features, "sizeMax"];
    shape.sizeMax = 0;
  }],
  ["an interrupt status of all ones", forges(0x60, FORGED)],
  ["an interrupt status of nothing", forges(0x60, 0)],
];

test("a device with other limits is used as it is", async () => {
  for (const [what, shape] of ODD) {
    await on(shape, (trial) => {
      writeAll(trial);
      const random = seeded(7);
      for (let step = 0; step < STEPS; step++) {
        const kind = KINDS[Math.floor(random() * KINDS.length)] ?? "read";
        const blocks = 1 + Math.floor(random() * 8);
        const number = Math.floor(random() * (BLOCKS - blocks));
        strictEqual(trial.do(kind, number, blocks), "ok", `${what}: ${kind}`);
      }
      trial.recovered();
    });
  }
});

const OTHERS: ReadonlyArray<readonly [string, Shape]> = [
  ["smaller", ({ shape }) => void (shape.sectors -= 8n)],
  ["read-only", ({ shape }) => {
    shape.features = [...shape.features, "readOnly"];
  }],
  ["without flush, while writes are kept", without("flush")],
];

test("another device after a reset is not used", async () => {
  for (const [what, change] of OTHERS) {
    await on(honest, (trial) => {
      writeAll(trial);
      const { disk } = trial.bus;
      const { shape } = disk;
      const before = { ...shape };
      disk.tell("needs-reset");
      change(disk, trial.bus);
      match(trial.do("read"), /^gone: another device/, what);
      strictEqual(trial.device.health().tag, "failed", what);
      match(trial.do("write"), /^gone: another device/, what);
      Object.assign(shape, before);
      strictEqual(trial.do("read"), "ok", "the right one is back");
      trial.recovered();
    });
  }
});

test("a bus that fails is gone, and may come back", () =>
  on(honest, (trial) => {
    writeAll(trial);
    trial.bus.broken = "the cable is out";
    for (const kind of KINDS) match(trial.do(kind), /^gone: the bus/, kind);
    strictEqual(trial.device.health().tag, "degraded");
    trial.bus.broken = undefined;
    trial.recovered();
  }));

test("random lies at random moments", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seeded(seed);
    try {
      await on(forgetful, (trial) => {
        for (let step = 0; step < STEPS; step++) {
          if (random() < 0.2) {
            const lie = LIES[Math.floor(random() * LIES.length)];
            const times = 1 + Math.floor(random() * 3);
            if (lie !== undefined) {
              trial.bus.disk.tell(lie, undefined, times);
            }
          }
          if (random() < 0.1) trial.bus.disk.repent();
          if (random() < 0.1) trial.bus.interrupt();
          const kind = KINDS[Math.floor(random() * KINDS.length)] ?? "read";
          const blocks = 1 + Math.floor(random() * 8);
          trial.do(kind, Math.floor(random() * (BLOCKS - blocks)), blocks);
        }
        trial.recovered();
      }, seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

test("the engine of these tests is given back", endTrials);
