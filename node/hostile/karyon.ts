/**
 * The program as a process of its own, started as the launcher starts it: with
 * the permissions that its arguments need and no others.
 */
import { ok } from "node:assert/strict";
import { launchArguments } from "../../scripts/launch_plan.ts";

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The deno arguments of one command line, from the project's folder. */
export function commandLine(argv: readonly string[]): readonly string[] {
  return launchArguments(argv, {
    root: Deno.cwd(),
    cwd: Deno.cwd(),
    readText(path) {
      try {
        return Deno.readTextFileSync(path);
      } catch {
        return undefined;
      }
    },
    env: () => undefined,
    drivers: () => [],
  });
}

/** Runs a command to its end. */
export async function karyon(...argv: string[]): Promise<Ended> {
  const child = new Deno.Command("deno", {
    args: [...commandLine(argv)],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** A process that is still running, with what it has said so far. */
export class Running {
  out = "";
  err = "";
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;

  constructor(
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = Promise.all([
      this.#read(this.#child.stdout, (text) => this.out += text),
      this.#read(this.#child.stderr, (text) => this.err += text),
    ]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  signal(name: Deno.Signal): void {
    try {
      this.#child.kill(name);
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<Ended> {
    const { code } = await this.#child.status;
    await this.#reading;
    return { code, out: this.out, err: this.err };
  }

  async #read(
    stream: ReadableStream<Uint8Array>,
    take: (text: string) => void,
  ): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      take(decoder.decode(chunk, { stream: true }));
    }
  }
}

/** Starts a command without waiting for its end. */
export function start(...argv: string[]): Running {
  return new Running("deno", commandLine(argv));
}

/**
 * That a command said no as every command does: one line that begins with the
 * program's name, at most one line that says what to do, and no stack.
 */
export function saidNo(
  { code, err, out }: Ended,
  wanted: { code: number; tells: RegExp; fix?: RegExp },
): void {
  const shown = `code ${code}\n${out}\n${err}`;
  ok(code === wanted.code, shown);
  const lines = err.trimEnd().split("\n");
  const at = lines.findIndex((line) => line.startsWith("karyon: "));
  ok(at >= 0, shown);
  ok(wanted.tells.test(lines[at] ?? ""), shown);
  ok(lines.length <= at + 2, `more than a line and its fix:\n${shown}`);
  if (wanted.fix !== undefined) ok(wanted.fix.test(lines[at + 1] ?? ""), shown);
  ok(!/\n\s+at |\.ts:\d|Uncaught|fault of Karyon/.test(err), shown);
}
