/**
 * A thread that asks the operating system, every few milliseconds, how long two
 * threads of the process have been ready to run and had no processor: the first
 * one, which runs the cells, and the one that counts their time down.
 *
 * Linux counts that (`schedstat`, the second number, in nanoseconds). Who may read
 * it here is a shell; it is asked by a line and answers with one. It takes for the
 * ticker's thread the worker that woke up most often in a fifth of a second: two
 * thousand times a second while a cell runs.
 */

/**
 * Samples, four numbers each: asked and answered (ms since 1970), the delay of the
 * one and of the other thread in ms.
 */
interface Setup {
  readonly samples: Float64Array;
  /** How many samples were ever written; and whether to go on. */
  readonly words: Int32Array;
  readonly pid: number;
}

const EVERY_MS = 2;
const SCRIPT = `
woken() {
  for t in /proc/$1/task/*; do
    { read -r name < "$t/comm"; read -r _ _ n < "$t/schedstat"; } 2> /dev/null
    case "$name" in worker-*) echo "$t $n" ;; esac
  done
}
before=$(woken "$1"); sleep 0.2; after=$(woken "$1")
most=-1
while read -r t n; do
  m=$(echo "$before" | while read -r u k; do [ "$u" = "$t" ] && echo "$k"; done)
  [ $((n - \${m:-$n})) -gt $most ] && most=$((n - \${m:-$n})) && ticker=$t
done <<END
$after
END
while read -r _; do
  read -r _ a _ < "/proc/$1/task/$1/schedstat" &&
    read -r _ b _ < "$ticker/schedstat" && echo "$a $b" || exit 1
done`;

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
  const room = samples.length / 4;
  while (Atomics.load(words, 1) === 0) {
    const askedMs = nowMs();
    await asking.write(line);
    const { value } = await answers.read();
    const [cells = NaN, ticker = NaN] = (value ?? "").trim().split(" ")
      .map((delay) => Number(delay || NaN) / 1e6);
    if (Number.isNaN(cells + ticker)) throw new Error("no schedstat here");
    const at = Atomics.load(words, 0);
    samples.set([askedMs, nowMs(), cells, ticker], 4 * (at % room));
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
