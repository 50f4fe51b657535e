/**
 * A real back end: qemu-storage-daemon with its virtio disk over vhost-user, on a
 * file in a temporary folder. It can be killed and started again.
 */

const PROGRAM = "qemu-storage-daemon";
const START_MS_MAX = 60_000;
const START_PAUSE_MS = 10;

/** Why it cannot be run here; undefined if it can. */
export async function absent(): Promise<string | undefined> {
  try {
    await new Deno.Command(PROGRAM, { args: ["--version"] }).output();
    return undefined;
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (!isMissing) throw error;
    return `${PROGRAM} is not here: apt-get install qemu-system-common`;
  }
}

export class Daemon {
  readonly folder = Deno.makeTempDirSync({ prefix: "karyon-vhost-" });
  readonly disk = `${this.folder}/disk`;
  readonly socket = `${this.folder}/socket`;
  #child: Deno.ChildProcess | undefined;

  constructor(
    octets: number,
    /** What stands between the disk and its file, such as `blkdebug`. */
    readonly filter: (file: string) => Record<string, unknown> = plain,
  ) {
    Deno.writeFileSync(this.disk, new Uint8Array());
    Deno.truncateSync(this.disk, octets);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get args(): readonly string[] {
    const node = { ...this.filter(this.disk), "node-name": "disk" };
    return [
      "--blockdev",
      JSON.stringify(node),
      "--export",
      JSON.stringify({
        type: "vhost-user-blk",
        id: "export",
        "node-name": "disk",
        writable: true,
        addr: { type: "unix", path: this.socket },
      }),
    ];
  }

  /** Returns when the socket is there. */
  async start(): Promise<void> {
    try {
      Deno.removeSync(this.socket);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.#child = new Deno.Command(PROGRAM, {
      args: [...this.args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let waited = 0; waited < START_MS_MAX; waited += START_PAUSE_MS) {
      try {
        if (Deno.statSync(this.socket).isSocket) return;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, START_PAUSE_MS));
    }
    throw new Error(`${PROGRAM} does not start`);
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

function plain(file: string): Record<string, unknown> {
  return { driver: "raw", file: { driver: "file", filename: file } };
}
