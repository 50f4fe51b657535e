/**
 * The driver on a real device: qemu-storage-daemon. Where it is not there, the
 * tests say that they are left out. The whole suite on it is run by
 * `deno run kernel conform --driver virtio/block+vhost-user`.
 *
 * Plan: killed under load every operation ends, health says so, and nothing that
 * was acknowledged is lost; killed and started again nobody notices; stopped in
 * the midst of everything it is gone in time, and comes back; two drivers do not
 * get one disk.
 */
import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { pattern } from "../../../conformance/hal/block/asserts.ts";
import {
  BLOCK_GEOMETRY,
  BLOCK_OCTETS,
  BLOCKS,
} from "../../../conformance/hal/block/case.ts";
import type { HostedBlock } from "../../../hal/hosted/block_host.ts";
import { openVhostUser } from "../../deno/vhost_user/open.ts";
import { absent, Daemon } from "./testing/daemon.ts";
import { driverComponent } from "./testing/rig.ts";
import { cache, OPERATION_MS, RESET_MS } from "./testing/vhost_user.ts";

const KILLS = 2;
const OPERATIONS_MAX = 100_000;
const FLUSH_EVERY = 5;
const PATIENT_MS = 60_000;

interface Times {
  readonly operationMs?: number;
  readonly resetMs?: number;
}

function openOn(daemon: Daemon, times: Times): Promise<HostedBlock> {
  const { blockSize, transferMax } = BLOCK_GEOMETRY;
  return openVhostUser(daemon.socket, {
    component: driverComponent(),
    cache,
    blockSize,
    transferMax,
    operationMs: OPERATION_MS,
    resetMs: RESET_MS,
    ...times,
  });
}

function test(
  claim: string,
  times: Times,
  body: (daemon: Daemon, device: HostedBlock) => Promise<void>,
): void {
  Deno.test(`virtio/block on qemu-storage-daemon: ${claim}`, async () => {
    const why = await absent();
    if (why !== undefined) return console.log(`  left out: ${why}`);
    const daemon = new Daemon(BLOCK_GEOMETRY.capacity);
    await daemon.start();
    try {
      const device = await openOn(daemon, times);
      try {
        await body(daemon, device);
      } finally {
        device.abort();
      }
    } finally {
      await daemon.end();
    }
  });
}

/** Runs in another process, while this one waits for the device. */
function shell(script: string): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: ["-c", script],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Blocks as they must be on the daemon's own file. */
function sameOnDisk(daemon: Daemon, want: ReadonlyArray<number>): void {
  const disk = Deno.readFileSync(daemon.disk);
  for (const [number, seed] of want.entries()) {
    const from = number * BLOCK_OCTETS;
    const expected = seed === 0 ? new Uint8Array(BLOCK_OCTETS) : pattern(seed);
    const now = disk.subarray(from, from + BLOCK_OCTETS);
    strictEqual(
      expected.findIndex((octet, i) => octet !== now[i]),
      -1,
      `block ${number} is not version ${seed}`,
    );
  }
}

const at = (number: number) => BigInt(number * BLOCK_OCTETS);

test("killed under load, every operation ends and nothing is lost", {}, async (
  daemon,
  device,
) => {
  const written = new Array<number>(BLOCKS).fill(0);
  let version = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const killer = shell(`sleep 0.05; kill -9 ${daemon.pid}`);
    let gone = "";
    for (let i = 0; gone === "" && i < OPERATIONS_MAX; i++) {
      const number = ++version % BLOCKS;
      const isFlush = version % FLUSH_EVERY === 0;
      const answer = isFlush
        ? device.flush()
        : device.write(at(number), pattern(version));
      if (answer.tag === "err") gone = answer.val.val ?? answer.val.tag;
      else if (!isFlush) written[number] = version;
    }
    match(gone, /^gone: /);
    strictEqual(device.health().tag, "degraded");
    await killer.status;
    await daemon.kill();
    await daemon.start();
    // The write that ended as gone may be there or not: it is written anew.
    const number = version % BLOCKS;
    strictEqual(device.write(at(number), pattern(version)).tag, "ok");
    written[number] = version;
    strictEqual(device.flush().tag, "ok");
    strictEqual(device.health().tag, "ok");
    sameOnDisk(daemon, written);
  }
  device.close();
});

test(
  "killed and started again, nobody notices",
  { resetMs: PATIENT_MS },
  async (
    daemon,
    device,
  ) => {
    const written = new Array<number>(BLOCKS).fill(0);
    const writeAll = (seed: number) => {
      for (let number = 0; number < BLOCKS; number++) {
        const done = device.write(at(number), pattern(seed + number));
        strictEqual(done.tag, "ok");
        written[number] = seed + number;
      }
    };
    writeAll(1);
    await daemon.kill();
    const command = ["qemu-storage-daemon", ...daemon.args]
      .map((arg) => `'${arg}'`).join(" ");
    // The shell becomes the new daemon, so that ending it ends that.
    const child = shell(`sleep 0.2; rm ${daemon.socket}; exec ${command}`);
    writeAll(1000);
    strictEqual(device.flush().tag, "ok");
    strictEqual(device.health().tag, "ok");
    sameOnDisk(daemon, written);
    device.close();
    child.kill("SIGKILL");
    await child.status;
  },
);

test("stopped in the midst, it is gone in time, and comes back", {
  operationMs: 200,
  resetMs: 300,
}, async (daemon, device) => {
  strictEqual(device.write(at(1), pattern(1)).tag, "ok");
  await shell(`kill -STOP ${daemon.pid}`).status;
  for (
    const answer of [
      device.write(at(2), pattern(2)),
      device.read(at(1), BLOCK_OCTETS),
    ]
  ) {
    ok(answer.tag === "err" && answer.val.tag === "failed");
    match(answer.val.val, /^gone: ./);
  }
  strictEqual(device.health().tag, "degraded");
  await shell(`kill -CONT ${daemon.pid}`).status;
  // What it was given before may keep it busy for a while.
  let again = device.write(at(2), pattern(3));
  for (let i = 0; i < 100 && again.tag === "err"; i++) {
    again = device.write(at(2), pattern(3));
  }
  strictEqual(again.tag, "ok");
  strictEqual(device.flush().tag, "ok");
  strictEqual(device.health().tag, "ok");
  sameOnDisk(daemon, [0, 1, 3]);
});

test("a second driver waits for the first one to let go", {}, async (
  daemon,
  device,
) => {
  await rejects(openOn(daemon, {}), /does not answer|hung up|does not reset/);
  device.close();
  const second = await openOn(daemon, { resetMs: PATIENT_MS });
  strictEqual(second.write(at(0), pattern(5)).tag, "ok");
  second.close();
});
