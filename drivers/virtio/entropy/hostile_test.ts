/**
 * The driver on devices that are wrong in one way each.
 *
 * Plan. Whatever the device does, a draw waits for nothing and ends as done, dry or
 * failed with a reason; the driver never breaks off, gives no octet that the device
 * did not make and none twice, and never does itself what Virtio 1.2 forbids.
 * - control: an honest device; one notification for many buffers
 * - each lie about one buffer, when the driver starts and later: octets come again
 * - each lie about every buffer: failed or dry, and health says so; when the device
 *   is honest again, octets come again
 * - each wrong thing that a device can say of itself: refused, by name
 * - devices with fewer features, small queues, one octet for each buffer: used
 * - a device that goes away and comes back, a slow one, a bus that fails
 * - random lies at random moments
 */
import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { seeded } from "../../virtual/virtio_bus/bus.ts";
import { ENTROPY_LIES, type Lie } from "../../virtual/virtio_bus/lies.ts";
import type { VirtioSource } from "../../virtual/virtio_bus/source.ts";
import { endTrials, type Shape, Trial } from "./testing/trial.ts";

const EVERY = 1_000_000;
const SEEDS = 4;
const ROUNDS = 40;
const FORGED = 0xffff_ffff;

const honest: Shape = () => {};

function test(claim: string, body: () => Promise<void>): void {
  Deno.test(`virtio/entropy: ${claim}`, body);
}

async function on(shape: Shape, body: (trial: Trial) => void, seed = 1) {
  const trial = await Trial.open(shape, seed);
  try {
    body(trial);
  } finally {
    trial.end();
  }
}

test("control: an honest device gives octets at once", () =>
  on(honest, (trial) => {
    const { counts } = trial.bus.device;
    strictEqual(counts.kicks, 1, "one notification for a batch");
    strictEqual(counts.requests, 16);
    ok(trial.bus.nowUs < 1000, "an honest device is not waited for");
    for (let i = 0; i < 200; i++) strictEqual(trial.draw(100), "ok");
    trial.recovered();
    strictEqual(counts.resets, 1);
  }));

/** Lies that a device gives itself away by, whenever it tells them. */
const SEEN: ReadonlySet<Lie> = new Set<Lie>([
  ...["too-long", "wrong-number", "free-number", "last-number"] as const,
  ...["twice", "ahead", "back", "needs-reset", "nothing"] as const,
  ...["unwritten", "partly", "again"] as const,
]);
/** Those after which nothing comes until the device is reset. */
const SILENT: ReadonlySet<Lie> = new Set<Lie>(["storm", "stuck", "at-reset"]);
const ALWAYS_LATE: ReadonlySet<Lie> = new Set<Lie>(["late", "early", "deaf"]);

for (const lie of ENTROPY_LIES) {
  test(`one buffer: ${lie}`, () =>
    on(honest, (trial) => {
      trial.bus.device.tell(lie);
      trial.drain();
      if (lie === "stuck-for-good") {
        match(trial.settle().ended, /^gone: .*does not reset/);
        strictEqual(trial.source.health().tag, "failed");
      }
      trial.recovered();
    }));

  test(`one buffer, when the driver starts: ${lie}`, () => {
    const lying: Shape = ({ device }) => device.tell(lie);
    return on(lying, (trial) => trial.recovered());
  });

  test(`every buffer: ${lie}`, () =>
    on(honest, (trial) => {
      trial.bus.device.tell(lie, undefined, EVERY);
      trial.drain();
      const { ended } = trial.settle();
      if (SEEN.has(lie)) match(ended, /^gone: ./);
      if (SILENT.has(lie)) match(ended, /^gone: .*nothing|ok|dry/);
      if (ALWAYS_LATE.has(lie)) match(ended, /^(ok|dry)$/);
      if (SEEN.has(lie)) ok(trial.source.health().tag !== "ok", "health");
      trial.recovered();
    }));
}

test("a device that never gives octets is refused at the start", async () => {
  for (const lie of ["stuck", "storm", "deaf", "nothing"] as const) {
    const lying: Shape = ({ device }) => device.tell(lie, undefined, EVERY);
    await rejects(on(lying, () => {}), /^DriverRefused: unavailable: ./, lie);
  }
});

test("a device that goes away is gone, and comes back", () =>
  on(honest, (trial) => {
    trial.bus.device.vanish();
    match(trial.drain(), /^gone: ./);
    strictEqual(trial.source.health().tag, "failed");
    for (let i = 0; i < 100; i++) match(trial.draw(), /^gone: ./);
    trial.bus.device.shape.isAway = false;
    trial.recovered();
  }));

test("a bus that fails is gone, and comes back", () =>
  on(honest, (trial) => {
    trial.bus.broken = "unplugged";
    match(trial.drain(), /^gone: ./);
    trial.bus.broken = undefined;
    trial.recovered();
  }));

test("a slow device is dry, and is not reset while it gives octets", () =>
  on(honest, (trial) => {
    const { device } = trial.bus;
    device.tell("late", undefined, EVERY);
    trial.drain();
    for (let i = 0; i < 20; i++) {
      strictEqual(trial.drain(), "dry");
      const { ended, dry } = trial.settle();
      strictEqual(ended, "ok");
      ok(dry > 10, `only ${dry} dry draws`);
    }
    strictEqual(device.counts.resets, 1);
    trial.recovered();
  }));

const without = (...names: string[]): Shape => ({ device: { shape } }) => {
  shape.features = shape.features.filter((name) => !names.includes(name));
};
const has = (change: Partial<VirtioSource["shape"]>): Shape => ({ device }) =>
  void Object.assign(device.shape, change);
const forges = (register: number, value: number): Shape => ({ forged }) =>
  void forged.set(register, value);

const REFUSED: ReadonlyArray<readonly [string, Shape, RegExp]> = [
  ["no device", forges(0x00, FORGED), /no virtio device/],
  ["registers of before 1.0", forges(0x04, 1), /of version 1/],
  ["a disk", forges(0x08, 2), /kind 2, not a source of entropy/],
  ["nothing at all", forges(0x70, FORGED), /does not reset/],
  ["no end of its reset", has({ neverResets: true }), /does not reset/],
  ["away", has({ isAway: true }), /does not (reset|start)/],
  ["no Virtio 1.0", without("version1"), /older than Virtio 1.0/],
  ["no wish for features", has({ refusesFeatures: true }), /refuses the feat/],
  ["a queue in use", forges(0x44, 1), /in use/],
  ["a queue that it does not take", forges(0x44, 0), /take the queue/],
  ["no queue", has({ queueEntries: 0 }), /queue of 0/],
  ["a bus that fails", (bus) => void (bus.broken = "unplugged"), /the bus/],
];

test("a device that makes no sense is refused, with the reason", async () => {
  for (const [what, shape, reason] of REFUSED) {
    await rejects(on(shape, () => {}), reason, what);
  }
});

const ODD: ReadonlyArray<readonly [string, Shape]> = [
  ["no event index", without("eventIndex")],
  ["no features", without("eventIndex", "indirect")],
  ["a queue of one", has({ queueEntries: 1 })],
  ["a queue of 3", has({ queueEntries: 3 })],
  ["a queue of 32768", has({ queueEntries: 32768 })],
];

test("a device with less is used as it is", async () => {
  for (const [, shape] of ODD) await on(shape, (trial) => trial.recovered());
});

test("a device that gives a word for each buffer is slow, and no liar", () =>
  on(({ device }) => void (device.fillMax = 8), (trial) => {
    strictEqual(trial.draw(16), "ok");
    for (let i = 0; i < 50; i++) match(trial.draw(64), /^(ok|dry)$/);
    strictEqual(trial.draw(2), "ok");
    strictEqual(trial.bus.device.counts.resets, 1);
    trial.bus.device.fillMax = Infinity;
    trial.recovered();
  }));

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`random lies at random moments, seed ${seed}`, () =>
    on(honest, (trial) => {
      const random = seeded(seed);
      for (let round = 0; round < ROUNDS; round++) {
        const at = Math.floor(random() * ENTROPY_LIES.length);
        const lie = ENTROPY_LIES[at] ?? "short";
        if (lie !== "stuck-for-good") trial.bus.device.tell(lie);
        const draws = Math.floor(random() * 40);
        for (let i = 0; i < draws; i++) {
          trial.draw(1 + Math.floor(random() * 2048));
        }
      }
      trial.recovered();
    }, seed));
}

test("control: the trials' engine is given back", endTrials);
