/**
 * A thread that asks the operating system, every few milliseconds, how long the
 * process's first thread has been ready to run and had no processor.
 *
 * Linux counts that (`schedstat`, the second number, in nanoseconds). Who may read
 * it here is a shell; it is asked by a line and answers with one.
 */

/** Samples, three numbers each: asked and answered (ms since 1970), delay in ms. */
interface Setup {
  readonly samples: Float64Array;
  /** How many samples were ever written; and whether to go on. */
  readonly words: Int32Array;
  readonly pid: number;
}

const EVERY_MS = 2;
const SCRIPT =
  'while read -r _; do read -r _ d _ < "/proc/$1/task/$1/schedstat" && ' +
  'echo "$d" || exit 1; done';

const scope = globalThis as unknown as {
  onmessage: ((event: { data: Setup }) => void) | null;
  postMessage(message: { readonly ready: boolean }): void;
  close(): void;
};

const nowMs = () => performance.timeOrigin + performance.now();

async function watch({ samples, words, pid }: Setup): Promise<void> {
  const child = new Deno.Command("sh", {
    args: ["-c", SCRIPT, "sh", String(pid)],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const asking = child.stdin.getWriter();
  const answers = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = new Uint8Array([10]);
  const room = samples.length / 3;
  while (Atomics.load(words, 1) === 0) {
    const askedMs = nowMs();
    await asking.write(line);
    const { value } = await answers.read();
    const delay = Number(value ?? NaN);
    if (Number.isNaN(delay)) throw new Error("no schedstat here");
    const at = Atomics.load(words, 0);
    samples.set([askedMs, nowMs(), delay / 1e6], 3 * (at % room));
    Atomics.store(words, 0, at + 1);
    if (at === 0) scope.postMessage({ ready: true });
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  await asking.close();
  await child.status;
}

scope.onmessage = ({ data }) => {
  watch(data).catch(() => scope.postMessage({ ready: false }))
    .finally(() => scope.close());
};
