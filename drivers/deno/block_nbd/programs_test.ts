/**
 * The driver on real servers: nbdkit, with its error and delay filters, and
 * qemu-nbd. Where a program is not there, its tests say that they are left out.
 *
 * Plan: the suite's cases of recovery (`conform` runs all); killed under load every operation ends, and nothing
 * that was flushed is lost; killed and started again nobody notices.
 */
import { ok, strictEqual } from "node:assert/strict";
import { pattern } from "../../../conformance/hal/block/asserts.ts";
import { BLOCK_SUITE } from "../../../conformance/hal/block/block_suite.ts";
import {
  BLOCK_GEOMETRY,
  BLOCK_OCTETS,
  BLOCKS,
} from "../../../conformance/hal/block/case.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import { openBlockNbd } from "./open.ts";
import { absent, Program, type ProgramName } from "./testing/programs.ts";
import { subject as nbdkit } from "./testing/nbdkit.ts";
import { subject as qemuNbd } from "./testing/qemu_nbd.ts";

registerWhole("deno/block-nbd on nbdkit", BLOCK_SUITE, nbdkit, "recovery");
registerWhole("deno/block-nbd on qemu-nbd", BLOCK_SUITE, qemuNbd, "recovery");

const DELAYS: Program["filters"] = [["--filter=delay"], [
  "wdelay=3ms",
  "rdelay=1ms",
]];
const SERVERS: ReadonlyArray<readonly [ProgramName, Program["filters"]]> = [
  ["nbdkit", DELAYS],
  ["qemu-nbd", [[], []]],
];
const KILLS = 3;
const OPERATIONS_MAX = 100_000;
const FLUSH_EVERY = 5;

/** Kills the server from another process, while this one waits for it. */
function killSoon(pid: number): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: ["-c", `sleep 0.05; kill -9 ${pid}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

function test(
  claim: string,
  body: (program: Program) => Promise<void>,
): void {
  for (const [name, filters] of SERVERS) {
    Deno.test(`deno/block-nbd on ${name}: ${claim}`, async () => {
      const why = await absent(name);
      if (why !== undefined) return console.log(`  left out: ${why}`);
      const program = new Program(name, BLOCK_GEOMETRY.capacity, filters);
      await program.start();
      try {
        await body(program);
      } finally {
        await program.end();
      }
    });
  }
}

/** Blocks as they must be on the server's own file. */
function sameOnDisk(program: Program, want: ReadonlyArray<number>): void {
  const disk = Deno.readFileSync(program.disk);
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

test("killed under load, every operation ends and nothing is lost", async (program) => {
  const device = openBlockNbd(program.uri, {
    ...BLOCK_GEOMETRY,
    reconnectMs: 50,
  });
  const written = new Array<number>(BLOCKS).fill(0);
  let version = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const killer = killSoon(program.pid);
    let gone = "";
    for (let i = 0; gone === "" && i < OPERATIONS_MAX; i++) {
      const number = ++version % BLOCKS;
      const answer = version % FLUSH_EVERY === 0
        ? device.flush()
        : device.write(BigInt(number * BLOCK_OCTETS), pattern(version));
      if (answer.tag === "ok") {
        if (version % FLUSH_EVERY !== 0) written[number] = version;
      } else gone = answer.val.val ?? answer.val.tag;
    }
    ok(gone.startsWith("gone: "), gone);
    strictEqual(device.health().tag, "degraded");
    await killer.status;
    await program.kill();
    await program.start();
    // The write that ended as gone may be there or not: it is written anew.
    const number = version % BLOCKS;
    const again = device.write(BigInt(number * BLOCK_OCTETS), pattern(version));
    strictEqual(again.tag, "ok");
    written[number] = version;
    strictEqual(device.flush().tag, "ok");
    strictEqual(device.health().tag, "ok");
    sameOnDisk(program, written);
  }
  device.close();
});

test("killed and started again, nobody notices", async (program) => {
  const device = openBlockNbd(program.uri, {
    ...BLOCK_GEOMETRY,
    reconnectMs: 60_000,
  });
  const written = new Array<number>(BLOCKS).fill(0);
  const writeAll = (seed: number) => {
    for (let number = 0; number < BLOCKS; number++) {
      const data = pattern(seed + number);
      const offset = BigInt(number * BLOCK_OCTETS);
      strictEqual(device.write(offset, data).tag, "ok");
      written[number] = seed + number;
    }
  };
  writeAll(1);
  await program.kill();
  const command = [program.name, ...program.args].map((arg) => `'${arg}'`);
  // The shell becomes the new server, so that ending it ends that.
  const shell = new Deno.Command("sh", {
    args: ["-c", `sleep 0.2; exec ${command.join(" ")}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  writeAll(1000);
  strictEqual(device.flush().tag, "ok");
  strictEqual(device.health().tag, "ok");
  sameOnDisk(program, written);
  device.close();
  shell.kill("SIGKILL");
  await shell.status;
});
