/**
 * Threads that really run at once. `KARYON_STRESS=100` makes it as many times
 * longer.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { channelWords, makeChannel } from "./channel.ts";
import { makeSnapshot, snapshotWords } from "./snapshot.ts";
import { makeTable, type TableShape, tableWords } from "./table.ts";
import { BEGINNING, type Job, type Progress } from "./testing/stress_job.ts";
import { SharedWords } from "./words.ts";

const TIMES = Number(Deno.env.get("KARYON_STRESS") ?? 1);
const SEED = 20_260_101;

/** Deno's own worker options. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: { readonly permissions: "none" };
}

class Thread implements Disposable {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** One after another: the first one checks the worker's types for all. */
  static async start(): Promise<Thread> {
    const options: PermissionOptions = {
      type: "module",
      deno: { permissions: "none" },
    };
    const worker = new Worker(
      new URL("./testing/stress_worker.ts", import.meta.url),
      options,
    );
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
    return new Thread(worker);
  }

  run(job: Partial<Job> & Pick<Job, "part" | "memory">): Promise<Progress> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data as Progress);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      this.#worker.postMessage({
        seed: SEED,
        count: 1,
        generation: 1,
        before: 0,
        reader: 0,
        state: BEGINNING,
        ...job,
      });
    });
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

function shared(words: number): SharedWords {
  return new SharedWords(new SharedArrayBuffer(words * 4));
}

for (const capacity of [1024, 65_536]) {
  Deno.test(`stress: a channel of ${capacity} octets, receivers die`, async () => {
    using one = await Thread.start();
    using other = await Thread.start();
    using another = await Thread.start();
    const words = shared(channelWords(capacity));
    makeChannel(words, capacity);
    const memory = words.buffer;
    // In a small one somebody sleeps every few messages.
    const count = (capacity < 4_096 ? 4_000 : 40_000) * TIMES;
    const sent = one.run({ part: "send", memory, count });
    let state: Progress = BEGINNING;
    let generation = 0;
    while (!state.ended) {
      const before = generation++;
      const thread = generation % 2 === 0 ? other : another;
      const job = { generation, before, state, count, memory };
      state = await thread.run({ part: "receive", ...job });
      strictEqual(state.fault, undefined, `seed ${SEED}`);
    }
    const { hash, handled } = await sent;
    console.log(`  ${generation} receivers, ${state.again} came again`);
    deepStrictEqual([state.handled, state.hash], [handled, hash]);
    ok(generation > 2, "the control: somebody died");
  });
}

Deno.test("stress: a snapshot under two readers", async () => {
  using writer = await Thread.start();
  using one = await Thread.start();
  using other = await Thread.start();
  const words = shared(snapshotWords(2, 200));
  makeSnapshot(words, 2, 200);
  const job = { memory: words.buffer, count: 100_000 * TIMES };
  const all = await Promise.all([
    one.run({ part: "watch", reader: 0, ...job }),
    other.run({ part: "watch", reader: 1, ...job }),
    writer.run({ part: "publish", ...job }),
  ]);
  console.log(`  ${all.map(({ handled }) => handled)} reads and versions`);
  for (const { fault, ended } of all) {
    strictEqual(fault, undefined);
    ok(ended);
  }
});

Deno.test("stress: a table under two readers", async () => {
  using writer = await Thread.start();
  using one = await Thread.start();
  using other = await Thread.start();
  const shape: TableShape = {
    readers: 2,
    buckets: 256,
    entries: 128,
    keyWords: 1,
    valueOctets: 16,
  };
  const words = shared(tableWords(shape));
  makeTable(words, shape);
  const job = { memory: words.buffer, count: 100_000 * TIMES };
  const all = await Promise.all([
    one.run({ part: "look", reader: 0, ...job }),
    other.run({ part: "look", reader: 1, ...job }),
    writer.run({ part: "change", ...job }),
  ]);
  console.log(`  ${all.map(({ handled }) => handled)} turns and changes`);
  for (const { fault, ended } of all) {
    strictEqual(fault, undefined, `seed ${SEED}`);
    ok(ended);
  }
});
