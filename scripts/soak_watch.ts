/**
 * A thread that asks the operating system, every few milliseconds, how long threads
 * of the process have been ready to run and had no processor: the first one, which
 * runs the cells, the one that counts their time down, and V8's own, for which a
 * collection of memory waits.
 *
 * Linux counts that (`schedstat`, the second number, in nanoseconds; the first is
 * how long the thread ran). Who may read it here is a shell; it is asked by a line
 * and answers with one. It takes for the ticker's thread the worker that woke up
 * most often in a fifth of a second: two thousand times a second while a cell runs.
 */

import { NUMBERS } from "./soak_samples.ts";

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
helpers=
for t in /proc/$1/task/*; do
  read -r name < "$t/comm"
  case "$name" in "V8 DefaultWorke"*) helpers="$helpers $t" ;; esac
done
while read -r _; do
  read -r r a _ < "/proc/$1/task/$1/schedstat" &&
    read -r _ b _ < "$ticker/schedstat" || exit 1
  all="$r $a $b"
  for t in $helpers; do read -r _ c _ < "$t/schedstat" && all="$all $c"; done
  echo "$all"
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
  const room = samples.length / NUMBERS;
  while (Atomics.load(words, 1) === 0) {
    const askedMs = nowMs();
    await asking.write(line);
    const { value } = await answers.read();
    const counted = (value ?? "").trim().split(" ")
      .map((each) => Number(each || NaN) / 1e6).slice(0, NUMBERS - 2);
    if (counted.length < 3 || counted.some(Number.isNaN)) {
      throw new Error("no schedstat here");
    }
    while (counted.length < NUMBERS - 2) counted.push(0);
    const at = Atomics.load(words, 0);
    samples.set([askedMs, nowMs(), ...counted], NUMBERS * (at % room));
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
