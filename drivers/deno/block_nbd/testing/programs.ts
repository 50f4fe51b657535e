/**
 * Real NBD servers, nbdkit and qemu-nbd, over a file in a temporary folder.
 *
 * Where a program is not there, the subject says so and nothing is run.
 */
import {
  BLOCK_GEOMETRY,
  type BlockFaults,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import { LeftOut } from "../../../../conformance/hal/suite/case.ts";
import type { Block } from "../../../../hal/block_contract.ts";
import { openBlockNbd } from "../open.ts";
import { OPERATION_MS, RECONNECT_MS } from "./fixture.ts";

export type ProgramName = "nbdkit" | "qemu-nbd";

const START_MS_MAX = 60_000;
const START_PAUSE_MS = 10;

const PACKAGES: Readonly<Record<ProgramName, string>> = {
  "nbdkit": "nbdkit",
  "qemu-nbd": "qemu-utils",
};

/** Why the program cannot be run here; undefined if it can. */
export async function absent(
  program: ProgramName,
): Promise<string | undefined> {
  try {
    await new Deno.Command(program, { args: ["--version"] }).output();
    return undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) && !isDenied(error)) {
      throw error;
    }
    return `${program} is not here: apt-get install ${PACKAGES[program]}`;
  }
}

// A program that the platform does not find cannot be allowed, either.
function isDenied(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable;
}

/** A server over one file; it can be killed and started again. */
export class Program {
  readonly folder = Deno.makeTempDirSync({ prefix: "karyon-nbd-" });
  readonly disk = `${this.folder}/disk`;
  readonly port = freePort();
  #child: Deno.ChildProcess | undefined;

  constructor(
    readonly name: ProgramName,
    octets: number,
    /** Arguments of nbdkit's filters, before and after the plugin. */
    readonly filters: readonly [
      ReadonlyArray<string>,
      ReadonlyArray<string>,
    ] = [[], []],
  ) {
    Deno.writeFileSync(this.disk, new Uint8Array());
    Deno.truncateSync(this.disk, octets);
  }

  get uri(): string {
    return `nbd://127.0.0.1:${this.port}/`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get args(): readonly string[] {
    const [before, after] = this.filters;
    const port = String(this.port);
    const at = ["-p", port];
    return this.name === "nbdkit"
      ? ["-f", "-i", "127.0.0.1", ...at, ...before, "file", this.disk, ...after]
      : ["-f", "raw", "-b", "127.0.0.1", ...at, "-t", "-e", "8", this.disk];
  }

  /** Returns when it takes connections. */
  async start(): Promise<void> {
    this.#child = new Deno.Command(this.name, {
      args: [...this.args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await this.answers();
  }

  async answers(): Promise<void> {
    for (let waited = 0; waited < START_MS_MAX; waited += START_PAUSE_MS) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.port }))
          .close();
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, START_PAUSE_MS));
    }
    throw new Error(`${this.name} does not take connections`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    try {
      child?.kill("SIGKILL");
    } catch { /* it has ended already */ }
    await child?.status;
  }

  async end(): Promise<void> {
    await this.kill();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** One that nobody listens on; it is asked for at once. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const KINDS = { read: "pread", write: "pwrite" } as const;

/** nbdkit's error filter: an operation fails while its file is there. */
class Triggers implements BlockFaults {
  constructor(readonly folder: string) {}

  static filters(folder: string): Program["filters"] {
    const after = Object.values(KINDS).flatMap((kind) => [
      `error-${kind}=EIO`,
      `error-${kind}-rate=100%`,
      `error-${kind}-file=${folder}/${kind}`,
    ]);
    return [["--filter=error"], after];
  }

  failNext(operation: "read" | "write" | "flush"): void {
    if (operation === "flush") {
      throw new LeftOut("nbdkit's error filter does not fail flushes");
    }
    Deno.writeTextFileSync(`${this.folder}/${KINDS[operation]}`, "");
  }

  /** Takes the triggers away as soon as an operation has failed. */
  around(device: Block): Block {
    const seen = <A extends { tag: "ok" | "err" }>(answer: A): A => {
      if (answer.tag === "err") {
        for (const kind of Object.values(KINDS)) {
          remove(`${this.folder}/${kind}`);
        }
      }
      return answer;
    };
    return {
      describe: () => device.describe(),
      read: (offset, length) => seen(device.read(offset, length)),
      write: (offset, data) => seen(device.write(offset, data)),
      flush: () => seen(device.flush()),
      discard: (offset, length) => seen(device.discard(offset, length)),
      health: () => device.health(),
    };
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

export function programSubject(name: ProgramName): BlockSubject {
  return {
    contract: "block",
    absent: () => absent(name),
    async make() {
      const triggers = new Triggers(
        Deno.makeTempDirSync({ prefix: "karyon-nbd-" }),
      );
      const faulty = name === "nbdkit";
      const program = new Program(
        name,
        BLOCK_GEOMETRY.capacity,
        faulty ? Triggers.filters(triggers.folder) : [[], []],
      );
      await program.start();
      const open = (readOnly: boolean) =>
        openBlockNbd(program.uri, {
          ...BLOCK_GEOMETRY,
          readOnly,
          operationMs: OPERATION_MS,
          reconnectMs: RECONNECT_MS,
        });
      let device = open(false);
      return {
        device: triggers.around(device),
        reopen({ readOnly }) {
          device.close();
          return triggers.around(device = open(readOnly));
        },
        async crash() {
          device.abort();
          await program.kill();
          await program.start();
          return triggers.around(device = open(false));
        },
        ...(faulty ? { faults: triggers } : {}),
        outage: { begin: () => program.kill(), end: () => program.start() },
        async dispose() {
          device.abort();
          await program.end();
          Deno.removeSync(triggers.folder, { recursive: true });
        },
      };
    },
  };
}
