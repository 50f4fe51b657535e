/** The drivers that a system file may name, and how each is opened. */
import { Effect, type Scope } from "effect";
import {
  BlockFileRefused,
  openBlockFile,
} from "../../drivers/deno/block_file/open.ts";
import { readAddress } from "../../drivers/deno/block_nbd/address.ts";
import {
  BlockNbdRefused,
  openBlockNbd,
} from "../../drivers/deno/block_nbd/open.ts";
import {
  isSocketPath,
  openVhostUser,
} from "../../drivers/deno/vhost_user/open.ts";
import { openCpuGpu } from "../../drivers/cpu/gpu/open.ts";
import { memoryBlock } from "../../drivers/memory/block/block.ts";
import { openWebGpu } from "../../drivers/web/gpu/open.ts";
import { WebEntropy } from "../../drivers/web/entropy/entropy.ts";
import { webTimer } from "../../drivers/web/timer/timer.ts";
import { absentAnswers } from "../../hal/gpu/absent.ts";
import type { Absences } from "../../kernel/call/absences.ts";
import type { Path } from "../../kernel/manifest/json_places.ts";
import type { DriverSpec, System } from "../../kernel/manifest/system_file.ts";
import { block } from "../../wit/gen/hal_block.ts";
import { entropy } from "../../wit/gen/hal_entropy.ts";
import { gpu } from "../../wit/gen/hal_gpu.ts";
import { timer } from "../../wit/gen/hal_timer.ts";
import { Refusal } from "../api.ts";
import { cellCache } from "./cell_cache.ts";
import { type DataDirectory, reasonOf } from "./data_directory.ts";
import { readIfThere } from "./files.ts";
import { GPU_QUEUE, gpuHosts } from "./gpu_drivers.ts";
import { BUILT_OCTETS_MAX } from "./limits.ts";
import { CHOOSE_FOLDER } from "./refusals.ts";

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const GPU_MIB_MAX = 65_536;
const CAPACITY_GIB_MAX = 2 ** 20;
const CAPACITY_STEP_OCTETS = 65_536;

/** Told of each fault of the system file, with the path of its value. */
export type Wrong = (at: Path, reason: string) => void;

/** Contract to what answers it. */
type Hosts = ReadonlyMap<string, unknown>;

type Opening = (
  directory: DataDirectory,
  folder: string,
) => Effect.Effect<Hosts, Refusal, Scope.Scope>;

/** How a driver opens, or what is wrong with its settings. */
type Planner = (settings: Settings) => Opening;

/** A file in the data directory: `file`, `capacity-gib`. */
const blockFile: Planner = (settings) => {
  const file = settings.storeName("file");
  const capacity = settings.capacity("capacity-gib");
  return (directory) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.try({
          try: () =>
            openBlockFile(`${directory.path}/${file}`, {
              capacity,
              create: true,
            }),
          catch: storeRefused,
        }),
        (device) => Effect.sync(() => device.close()),
      ),
      (device) => new Map([[block.name, device]]),
    );
};

/** Gone with the process: `capacity-gib`. For tries and tests. */
const memory: Planner = (settings) => {
  const capacity = settings.capacity("capacity-gib");
  return () =>
    Effect.sync(() => new Map([[block.name, memoryBlock({ capacity })]]));
};

/** An export of an NBD server: `uri`, `capacity-gib`. */
const blockNbd: Planner = (settings) => {
  const uri = settings.nbdUri("uri");
  const capacity = settings.capacity("capacity-gib");
  return () =>
    Effect.map(
      Effect.acquireRelease(
        Effect.try({
          try: () => openBlockNbd(uri, { capacity }),
          catch: serverRefused,
        }),
        (device) => Effect.sync(() => device.close()),
      ),
      (device) => new Map([[block.name, device]]),
    );
};

/** A disk behind a vhost-user socket, driven by a cell: `vhost-user`, `component`. */
const virtioBlock: Planner = (settings) => {
  const socket = settings.socket("vhost-user");
  const component = settings.component("component");
  return (directory, folder) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.tryPromise({
          try: async () =>
            await openVhostUser(socket, {
              component: driverComponent(`${folder}/${component}`),
              cache: cellCache(directory.cache),
            }),
          catch: backEndRefused,
        }),
        (device) => Effect.sync(() => device.close()),
      ),
      (device) => new Map([[block.name, device]]),
    );
};

function driverComponent(path: string): Uint8Array {
  const octets = readIfThere(path, BUILT_OCTETS_MAX);
  if (octets !== undefined) return octets;
  throw new NotBuilt(`the driver ${path} is not there`);
}

class NotBuilt extends Error {}

/** Octets of chance from the platform; no settings. */
const webEntropy: Planner = () => () =>
  Effect.sync(() => new Map([[entropy.name, new WebEntropy()]]));

/** Monotonic time and alarms; no settings. */
const webTimers: Planner = () => () =>
  Effect.sync(() => new Map([[timer.name, webTimer()]]));

/**
 * Compute through WebGPU: `power`, `software`, `memory-mib`. Where there is no such device
 * the node runs without: whoever is granted it is told why.
 */
const webGpu: Planner = (settings) => {
  const power = settings.choice("power", ["any", "low", "high"]);
  const software = settings.choice("software", ["no", "yes"]) === "yes";
  const memoryMax = settings.mib("memory-mib", 512) * MIB;
  const open = () => openWebGpu({ memoryMax, ...GPU_QUEUE });
  return () => gpuHosts(open, { power, software });
};

/** The same contract on the CPU, on every machine, and slowly: `memory-mib`. */
const cpuGpu: Planner = (settings) => {
  const memoryMax = settings.mib("memory-mib", 512) * MIB;
  const open = () => openCpuGpu({ memoryMax, ...GPU_QUEUE });
  return () => gpuHosts(open, { power: "any", software: true });
};

/** What contracts of devices answer where no device is granted. */
export const ABSENCES: Absences = new Map([
  [gpu.name, absentAnswers("none is granted")],
]);

/** By driver: the contract that it exports, and how it is opened. */
const DRIVERS: ReadonlyMap<string, readonly [string, Planner]> = new Map([
  ["cpu/gpu", [gpu.name, cpuGpu]],
  ["deno/block-file", [block.name, blockFile]],
  ["deno/block-nbd", [block.name, blockNbd]],
  ["memory/block", [block.name, memory]],
  ["virtio/block", [block.name, virtioBlock]],
  ["web/entropy", [entropy.name, webEntropy]],
  ["web/gpu", [gpu.name, webGpu]],
  ["web/timer", [timer.name, webTimers]],
]);

/** Driver to the contracts that it exports. */
export const DRIVER_CONTRACTS: ReadonlyMap<string, ReadonlySet<string>> =
  new Map(
    [...DRIVERS].map(([name, [contract]]) => [name, new Set([contract])]),
  );

/** Drivers whose settings are good, not yet opened. */
export type DriverPlan = ReadonlyMap<string, Opening>;

/** Checks the settings of every driver; `wrong` learns of each fault. */
export function planDrivers(
  system: System,
  wrong: Wrong,
): DriverPlan {
  const plan = new Map<string, Opening>();
  for (const spec of system.drivers.values()) {
    const known = DRIVERS.get(spec.driver);
    if (known === undefined) {
      wrong(
        ["drivers", spec.name, "driver"],
        `there is no driver ${spec.driver}`,
      );
      continue;
    }
    const settings = new Settings(spec, wrong);
    const [, planner] = known;
    plan.set(spec.name, planner(settings));
    settings.refuseOthers();
  }
  return plan;
}

/** Opens every driver for the scope's life; `folder` is the system file's. */
export const openDrivers = Effect.fn("node.drivers")(
  function* (plan: DriverPlan, directory: DataDirectory, folder: string) {
    const opened = new Map<string, Hosts>();
    for (const [name, open] of plan) {
      opened.set(name, yield* open(directory, folder));
    }
    return opened;
  },
);

/** The `config` of one driver; every fault is told, with its place. */
class Settings {
  readonly #known = new Set<string>();

  constructor(
    readonly spec: DriverSpec,
    readonly wrong: Wrong,
  ) {}

  /** Plain, and none of the names that the directory has for other things. */
  storeName(key: string): string {
    const name = this.#text(key);
    if (name !== undefined && !/^\w[\w-]*\.block$/.test(name)) {
      this.#fault(key, `${JSON.stringify(name)} is not like store.block`);
    }
    return name ?? "";
  }

  /** An address of an NBD server and its export. */
  nbdUri(key: string): string {
    const uri = this.#text(key);
    const address = uri === undefined ? undefined : readAddress(uri);
    if (typeof address === "string") this.#fault(key, address);
    return uri ?? "";
  }

  /** The path of a UNIX socket, from the root. */
  socket(key: string): string {
    const path = this.#text(key);
    if (path !== undefined && !isSocketPath(path)) {
      this.#fault(
        key,
        `${JSON.stringify(path)} is not like /run/karyon/disk.socket`,
      );
    }
    return path ?? "";
  }

  /** A component in the folder of the system file or below. */
  component(key: string): string {
    const path = this.#text(key);
    if (path !== undefined && !isInside(path)) {
      this.#fault(
        key,
        `${JSON.stringify(path)} is not like build/cells/virtio-block.wasm`,
      );
    }
    return path ?? "";
  }

  /** Octets of a number of GiB, in whole transfers. */
  capacity(key: string): number {
    const gib = this.#text(key) ?? "1";
    const value = /^\d+(\.\d+)?$/.test(gib) ? Number(gib) : 0;
    if (value > 0 && value <= CAPACITY_GIB_MAX) {
      return Math.ceil(value * GIB / CAPACITY_STEP_OCTETS) *
        CAPACITY_STEP_OCTETS;
    }
    const range = `a number above 0, at most ${CAPACITY_GIB_MAX}`;
    this.#fault(key, `${JSON.stringify(gib)} is not ${range}`);
    return 0;
  }

  /** One of some words; the first where nothing is said. */
  choice<A extends string>(key: string, words: readonly [A, ...A[]]): A {
    this.#known.add(key);
    const text = this.spec.config.get(key) ?? words[0];
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    const all = words.join(", ");
    this.#fault(key, `${JSON.stringify(text)} is none of ${all}`);
    return words[0];
  }

  /** A whole number of MiB. */
  mib(key: string, usual: number): number {
    this.#known.add(key);
    const text = this.spec.config.get(key) ?? `${usual}`;
    const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (value > 0 && value <= GPU_MIB_MAX) return value;
    const range = `a whole number from 1 to ${GPU_MIB_MAX}`;
    this.#fault(key, `${JSON.stringify(text)} is not ${range}`);
    return usual;
  }

  refuseOthers(): void {
    for (const key of this.spec.config.keys()) {
      if (this.#known.has(key)) continue;
      const known = [...this.#known].join(", ") || "none for this driver";
      this.#fault(key, `unknown; there is ${known}`);
    }
  }

  #text(key: string): string | undefined {
    this.#known.add(key);
    const text = this.spec.config.get(key);
    if (text === undefined) this.#fault(key, "missing");
    return text;
  }

  #fault(key: string, what: string): void {
    this.wrong(["drivers", this.spec.name, "config", key], what);
  }
}

/** Whether a component's path leads to a file in this file's folder or below. */
export function isInside(component: string): boolean {
  return isBelow(component) && component.endsWith(".wasm");
}

export function isBelow(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..");
}

const FIXES: Readonly<Record<BlockFileRefused["reason"], string>> = {
  "options": "correct the driver's config in system.json",
  "missing": "see that the data directory is still there",
  "not-a-file": "move away what stands in the store's place",
  "in-use": "stop who uses it; two drivers of one system file need a file each",
  "too-large": "raise the driver's capacity-gib in system.json",
  "not-writable": CHOOSE_FOLDER,
  "full": "make room on the disk",
  "failed": "see that the disk is well, or choose another with --data DIR",
};

function storeRefused(error: unknown): Refusal {
  return new Refusal({
    kind: "unavailable",
    message: `the store cannot be opened: ${reasonOf(error)}`,
    fix: FIXES[error instanceof BlockFileRefused ? error.reason : "failed"],
  });
}

function serverRefused(error: unknown): Refusal {
  const options = error instanceof BlockNbdRefused &&
    error.reason !== "not-opened";
  return new Refusal({
    kind: "unavailable",
    message: `the store cannot be opened: ${reasonOf(error)}`,
    fix: options
      ? "correct the driver's config in system.json"
      : "start the server, and see that its export has the capacity",
  });
}

function backEndRefused(error: unknown): Refusal {
  const fix = error instanceof NotBuilt
    ? "deno task build"
    : error instanceof Deno.errors.NotCapable
    ? "start it by `deno run kernel`, whose launcher gives what system.json needs"
    : "start the back end, such as qemu-storage-daemon, on the socket that system.json names, and see that the component is the virtio driver";
  return new Refusal({
    kind: "unavailable",
    message: `the store cannot be opened: ${reasonOf(error)}`,
    fix,
  });
}
