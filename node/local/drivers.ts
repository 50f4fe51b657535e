/** The drivers that a system file may name, and how each is opened. */
import { Effect, type Scope } from "effect";
import { openBlockFile } from "../../drivers/deno/block_file/open.ts";
import { memoryBlock } from "../../drivers/memory/block/block.ts";
import type { DriverSpec, System } from "../../kernel/manifest/system_file.ts";
import { block } from "../../wit/gen/hal_block.ts";
import { Refusal } from "../api.ts";
import type { DataDirectory } from "./data_directory.ts";

const GIB = 2 ** 30;
const CAPACITY_GIB_MAX = 2 ** 20;

/** Contract to what answers it. */
type Hosts = ReadonlyMap<string, unknown>;

type Opener = (
  spec: DriverSpec,
  directory: DataDirectory,
) => Effect.Effect<Hosts, Refusal, Scope.Scope>;

/** A file in the data directory: `file`, `capacity-gib`. */
const blockFile: Opener = (spec, directory) =>
  Effect.gen(function* () {
    const { file, "capacity-gib": gib } = yield* settings(spec, [
      "file",
      "capacity-gib",
    ]);
    if (!/^[\w][\w.-]*$/.test(file)) {
      return yield* misconfigured(spec, `file ${file} is not a plain name`);
    }
    const capacity = yield* capacityOf(spec, gib);
    const device = yield* Effect.acquireRelease(
      Effect.try({
        try: () =>
          openBlockFile(`${directory.path}/${file}`, {
            capacity,
            create: true,
          }),
        catch: (error) =>
          new Refusal({
            kind: "unavailable",
            message: `the store cannot be opened: ${
              error instanceof Error ? error.message : String(error)
            }`,
          }),
      }),
      (opened) => Effect.sync(() => opened.close()),
    );
    return new Map([[block.name, device]]);
  });

/** Gone with the process: `capacity-gib`. For tries and tests. */
const memory: Opener = (spec) =>
  Effect.gen(function* () {
    const { "capacity-gib": gib } = yield* settings(spec, ["capacity-gib"]);
    const capacity = yield* capacityOf(spec, gib);
    return new Map([[block.name, memoryBlock({ capacity })]]);
  });

const OPENERS: ReadonlyMap<string, Opener> = new Map([
  ["deno/block-file", blockFile],
  ["memory/block", memory],
]);

/** Driver to the contracts that it exports. */
export const DRIVER_CONTRACTS: ReadonlyMap<string, ReadonlySet<string>> =
  new Map([...OPENERS.keys()].map((name) => [name, new Set([block.name])]));

/** Opens every driver of the system file for the scope's life. */
export const openDrivers = Effect.fn("node.drivers")(
  function* (system: System, directory: DataDirectory) {
    const opened = new Map<string, Hosts>();
    for (const spec of system.drivers.values()) {
      const open = OPENERS.get(spec.driver);
      if (open === undefined) {
        return yield* misconfigured(spec, `no driver ${spec.driver}`);
      }
      opened.set(spec.name, yield* open(spec, directory));
    }
    return opened;
  },
);

function settings<K extends string>(
  spec: DriverSpec,
  keys: readonly K[],
): Effect.Effect<Record<K, string>, Refusal> {
  const unknown = [...spec.config.keys()]
    .find((key) => !keys.includes(key as K));
  if (unknown !== undefined) {
    return misconfigured(
      spec,
      `unknown key ${unknown}; it knows ${keys.join(", ")}`,
    );
  }
  const missing = keys.find((key) => !spec.config.has(key));
  return missing === undefined
    ? Effect.succeed(Object.fromEntries(spec.config) as Record<K, string>)
    : misconfigured(spec, `the key ${missing} is missing`);
}

function capacityOf(
  spec: DriverSpec,
  gib: string,
): Effect.Effect<number, Refusal> {
  const value = Number(gib);
  return /^\d+(\.\d+)?$/.test(gib) && value > 0 && value <= CAPACITY_GIB_MAX
    ? Effect.succeed(Math.ceil(value * GIB / 65_536) * 65_536)
    : misconfigured(spec, `capacity-gib ${gib} is not a number above 0`);
}

function misconfigured(
  spec: DriverSpec,
  reason: string,
): Effect.Effect<never, Refusal> {
  return Effect.fail(
    new Refusal({
      kind: "failed",
      message: `system file: drivers.${spec.name}: ${reason}`,
    }),
  );
}
