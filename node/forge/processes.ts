/**
 * Starts the parts of forge, each with its own Deno permissions.
 *
 * Every process may read the program's folder. It is killed when its time is
 * over, when it says too much, and when forge is told to stop; nobody waits for
 * one that is gone.
 */
import { join } from "node:path";
import { SAID_OCTETS_MAX } from "./limits.ts";

const SAID_CHARS_MAX = 600;
const HEAP_MIB_MAX = 2048;

export interface Start {
  /** From the program's folder. */
  readonly module: string;
  /** Beside reading the program's folder. */
  readonly permissions: ReadonlyArray<string>;
  /** Given as JSON to its standard input. */
  readonly job: unknown;
  readonly withinMs: number;
  /** Told of each line but the last, as it comes. */
  readonly onLine?: (line: unknown) => void;
}

export interface Ended<T> {
  /** Its last line; undefined where it broke off. */
  readonly last?: T;
  /** Its time was over. */
  readonly late: boolean;
  /** The end of what it said on its error output. */
  readonly said: string;
}

/** Forge was told to stop. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

export class Processes {
  constructor(
    private readonly root: string,
    private readonly signal: AbortSignal,
  ) {}

  async run<T>(start: Start): Promise<Ended<T>> {
    if (this.signal.aborted) throw new Stopped();
    const child = this.#spawn(start);
    const kill = () => {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended already */ }
    };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, start.withinMs);
    this.signal.addEventListener("abort", kill);
    try {
      const [, lines, said, status] = await Promise.all([
        give(child.stdin, start.job),
        linesOf(child.stdout, start.onLine).finally(kill),
        endOf(child.stderr),
        child.status,
      ]);
      if (this.signal.aborted) throw new Stopped();
      const last = lines.at(-1);
      const whole = status.code === 0 && !late && last !== undefined;
      // Its own program wrote the line; what strangers said is checked by it.
      return whole ? { last: last as T, late, said } : { late, said };
    } finally {
      clearTimeout(timer);
      this.signal.removeEventListener("abort", kill);
    }
  }

  #spawn({ module, permissions }: Start): Deno.ChildProcess {
    return new Deno.Command(denoCommand(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--ignore-env",
        `--v8-flags=--max-old-space-size=${HEAP_MIB_MAX}`,
        `--config=${join(this.root, "deno.json")}`,
        `--allow-read=${this.root.replaceAll(",", ",,")}`,
        ...permissions,
        join(this.root, module),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }
}

/** This very Deno, or the one of that name; see scripts/launch.ts. */
function denoCommand(): string {
  const command = Deno.execPath();
  const { state } = Deno.permissions.querySync({ name: "run", command });
  return state === "granted" ? command : "deno";
}

async function give(
  stdin: WritableStream<Uint8Array>,
  job: unknown,
): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(JSON.stringify(job)));
    await writer.close();
  } catch { /* it ended before it read its job; its status says so */ }
}

/** The lines of a process, each JSON; the last is also given to nobody else. */
async function linesOf(
  stdout: ReadableStream<Uint8Array>,
  onLine: Start["onLine"],
): Promise<unknown[]> {
  const lines: unknown[] = [];
  let rest = "";
  let size = 0;
  for await (
    const text of stdout.pipeThrough(new TextDecoderStream())
  ) {
    size += text.length;
    if (size > SAID_OCTETS_MAX) return [];
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const line: unknown = JSON.parse(part);
      lines.push(line);
      onLine?.(line);
    }
  }
  return rest === "" ? lines : [];
}

async function endOf(stderr: ReadableStream<Uint8Array>): Promise<string> {
  let end = "";
  for await (const text of stderr.pipeThrough(new TextDecoderStream())) {
    end = (end + text).slice(-SAID_CHARS_MAX);
  }
  return end.trim();
}
