/**
 * The terminal and the process, as commands see them.
 */

export interface CliHost {
  env(name: string): string | undefined;
  out(text: string): void;
  err(text: string): void;
  /** Whether standard output (error) is a terminal. */
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Columns of the terminal; undefined where there is none. */
  columns(): number | undefined;
  /** Milliseconds since an arbitrary start. */
  now_ms(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborts at the first SIGINT or SIGTERM; a second one ends the process. */
  interruption(): { readonly signal: AbortSignal; dispose(): void };
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, octets: Uint8Array): Promise<void>;
  /** Octets one after the other into a new file; `-`: to standard output. */
  openOutput(path: string): Output;
  /** The octets of a file; `-`: of standard input. */
  openInput(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** A new file that its owner alone may read; refuses one that is there. */
  writeSecret(path: string, octets: Uint8Array): Promise<void>;
}

/** A file that is there whole or, once dropped, not at all. */
export interface Output {
  write(octets: Uint8Array): void;
  /** It is whole: returns when it is durable. */
  keep(): void;
  drop(): void;
}

const EXIT_INTERRUPTED = 130;

/** One Ctrl-C can arrive twice: from the terminal, and from the launcher. */
const ECHO_MS = 500;

export function denoHost(): CliHost {
  const encoder = new TextEncoder();
  return {
    env: (name) => Deno.env.get(name),
    out: (text) => writeAll(Deno.stdout, encoder.encode(text)),
    err: (text) => writeAll(Deno.stderr, encoder.encode(text)),
    outIsTerminal: Deno.stdout.isTerminal(),
    errIsTerminal: Deno.stderr.isTerminal(),
    columns() {
      try {
        return Deno.consoleSize().columns;
      } catch {
        return undefined;
      }
    },
    now_ms: () => performance.now(),
    sleep,
    interruption,
    readFile: (path) => Deno.readFile(path),
    writeFile: (path, octets) => Deno.writeFile(path, octets),
    openOutput,
    openInput: async (path) =>
      path === "-"
        ? Deno.stdin.readable
        : (await Deno.open(path, { read: true })).readable,
    writeSecret: (path, octets) =>
      Deno.writeFile(path, octets, { createNew: true, mode: 0o600 }),
  };
}

function openOutput(path: string): Output {
  if (path === "-") {
    const write = (octets: Uint8Array) => writeWhole(Deno.stdout, octets);
    return { write, keep() {}, drop() {} };
  }
  const file = Deno.openSync(path, {
    write: true,
    createNew: true,
    mode: 0o600,
  });
  return {
    write: (octets) => writeWhole(file, octets),
    keep() {
      file.syncSync();
      file.close();
    },
    drop() {
      file.close();
      Deno.removeSync(path);
    },
  };
}

function writeWhole(
  to: { writeSync(octets: Uint8Array): number },
  octets: Uint8Array,
): void {
  for (let at = 0; at < octets.length;) at += to.writeSync(octets.subarray(at));
}

// A pipe that was closed (`… | head`) ends the output, not the command's work.
function writeAll(
  to: { writeSync(octets: Uint8Array): number },
  octets: Uint8Array,
): void {
  try {
    writeWhole(to, octets);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Waits; ends early, without an error, when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

function interruption(): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  let first_ms: number | undefined;
  const listener = () => {
    const now_ms = performance.now();
    first_ms ??= now_ms;
    if (now_ms - first_ms > ECHO_MS) Deno.exit(EXIT_INTERRUPTED);
    controller.abort();
  };
  const names = Deno.build.os === "windows"
    ? ["SIGINT"] as const
    : ["SIGINT", "SIGTERM"] as const;
  for (const name of names) Deno.addSignalListener(name, listener);
  return {
    signal: controller.signal,
    dispose() {
      for (const name of names) Deno.removeSignalListener(name, listener);
    },
  };
}
