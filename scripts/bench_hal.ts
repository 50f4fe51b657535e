/**
 * Block drivers beside fio on the same file, and on the same NBD server.
 *
 *   deno task bench:hal [--rounds 3] [--json]
 *
 * Each operation is waited for before the next one starts, from one thread: fio
 * with psync, and with its nbd engine on the nbdkit that the NBD driver uses.
 * The figure is the mean time of an operation; `flush` is fdatasync for fio.
 * Needs fio; without nbdkit or qemu-storage-daemon (virtio) their lines are left
 * out, and the notes say so.
 */
import { openBlockFile } from "../drivers/deno/block_file/open.ts";
import { openBlockNbd } from "../drivers/deno/block_nbd/open.ts";
import { absent, Program } from "../drivers/deno/block_nbd/testing/programs.ts";
import { openVhostUser } from "../drivers/deno/vhost_user/open.ts";
import { memoryBlock } from "../drivers/memory/block/block.ts";
import {
  absent as noDaemon,
  Daemon,
} from "../drivers/virtio/block/testing/daemon.ts";
import { driverComponent } from "../drivers/virtio/block/testing/rig.ts";
import type { Block } from "../hal/block_contract.ts";
import {
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import { median } from "./bench_timing.ts";

const MANUAL = `usage: deno task bench:hal [--rounds N] [--json]

  --rounds N   how often each is measured; the median counts (default 3)
  --json       one JSON object
`;

const CAPACITY = 64 << 20;
const MIB = 1 << 20;

interface Work {
  readonly title: string;
  readonly octets: number;
  readonly count: number;
  readonly kind: "read" | "write" | "write and flush";
}

const WORKS: readonly Work[] = [
  { title: "Read of 4 KiB", octets: 4096, count: 4000, kind: "read" },
  { title: "Write of 4 KiB", octets: 4096, count: 4000, kind: "write" },
  {
    title: "Write of 4 KiB and flush",
    octets: 4096,
    count: 100,
    kind: "write and flush",
  },
  { title: "Read of 1 MiB", octets: MIB, count: 128, kind: "read" },
  { title: "Write of 1 MiB", octets: MIB, count: 128, kind: "write" },
  {
    title: "Write of 1 MiB and flush",
    octets: MIB,
    count: 20,
    kind: "write and flush",
  },
];

/** Microseconds of one operation. */
type Competitor = (work: Work) => Promise<number>;

function driver(device: Block): Competitor {
  return ({ octets, count, kind }) => {
    const data = new Uint8Array(octets).fill(7);
    const places = CAPACITY / octets;
    const begun = performance.now();
    for (let i = 0; i < count; i++) {
      const at = BigInt((i % places) * octets);
      const answer = kind === "read"
        ? device.read(at, octets)
        : device.write(at, data);
      if (answer.tag === "err") throw new Error(JSON.stringify(answer.val));
      if (kind !== "write and flush") continue;
      const flushed = device.flush();
      if (flushed.tag === "err") throw new Error(JSON.stringify(flushed.val));
    }
    return Promise.resolve((performance.now() - begun) * 1000 / count);
  };
}

/** `sync` is how this engine is told to make each write durable. */
function fio(target: readonly string[], sync: string): Competitor {
  return async ({ octets, count, kind }) => {
    const { success, stdout, stderr } = await new Deno.Command("fio", {
      args: [
        "--name=bench",
        ...target,
        `--rw=${kind === "read" ? "read" : "write"}`,
        `--bs=${octets}`,
        `--size=${CAPACITY}`,
        `--io_size=${octets * count}`,
        ...(kind === "write and flush" ? [sync] : []),
        "--thread",
        "--output-format=json",
      ],
    }).output();
    const text = new TextDecoder().decode(stdout);
    if (!success) throw new Error(new TextDecoder().decode(stderr) || text);
    const [job] = JSON.parse(text.slice(text.indexOf("{"))).jobs;
    const mean = (part: { lat_ns: { mean: number } }) =>
      part.lat_ns.mean / 1000;
    if (kind === "read") return mean(job.read);
    return mean(job.write) +
      (kind === "write" ? 0 : mean(job.sync));
  };
}

async function measured(
  work: Work,
  competitors: ReadonlyMap<string, Competitor>,
  rounds: number,
): Promise<Line[]> {
  const took = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, competitor] of competitors) {
      const us = await competitor(work);
      took.set(name, [...took.get(name) ?? [], us]);
    }
  }
  return [...took].map(([name, all]) => ({
    name,
    value: median(all),
    ...(name.startsWith("fio") ? { yardstick: name } : {}),
  }));
}

if (import.meta.main) {
  const options = readOptions(MANUAL, 3);
  const machine = thisMachine();
  const folder = Deno.makeTempDirSync({ prefix: "karyon-bench-" });
  const path = `${folder}/disk`;
  Deno.writeFileSync(path, new Uint8Array(CAPACITY));
  const file = openBlockFile(path, { capacity: CAPACITY });
  const competitors = new Map<string, Competitor>([
    ["fio", fio([`--filename=${path}`, "--ioengine=psync"], "--fdatasync=1")],
    ["memory/block", driver(memoryBlock({ capacity: CAPACITY }))],
    ["deno/block-file", driver(file)],
  ]);
  const why = await absent("nbdkit");
  const program = why === undefined
    ? new Program("nbdkit", CAPACITY)
    : undefined;
  if (program !== undefined) {
    Deno.writeFileSync(program.disk, new Uint8Array(CAPACITY));
    await program.start();
    const device = openBlockNbd(program.uri);
    competitors.set("deno/block-nbd on nbdkit", driver(device));
    competitors.set(
      "fio's nbd on nbdkit",
      fio(["--ioengine=nbd", `--uri=${program.uri}`], "--fsync=1"),
    );
  }
  const missing = await noDaemon();
  const daemon = missing === undefined ? new Daemon(CAPACITY) : undefined;
  if (daemon !== undefined) {
    Deno.writeFileSync(daemon.disk, new Uint8Array(CAPACITY));
    await daemon.start();
    const component = driverComponent();
    const device = await openVhostUser(daemon.socket, { component });
    competitors.set("virtio/block on qemu's disk", driver(device));
  }
  const notes = [
    ...(why === undefined ? [] : [`NBD is left out: ${why}`]),
    ...(missing === undefined ? [] : [`virtio is left out: ${missing}`]),
  ];
  try {
    const sections: Section[] = [];
    for (const work of WORKS) {
      sections.push({
        title: work.title,
        unit: "us",
        lines: await measured(work, competitors, options.rounds),
        notes,
      });
    }
    print("hal", machine, options, sections);
  } finally {
    file.close();
    await program?.end();
    await daemon?.end();
    Deno.removeSync(folder, { recursive: true });
  }
  Deno.exit(0);
}
