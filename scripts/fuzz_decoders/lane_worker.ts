/** The thread of a lane: runs cases, and says so before each. */
import { Campaign, type Finding } from "./campaign.ts";
import { BEATS, CASE, type Said, type Work } from "./lane.ts";
import type { Target } from "./target.ts";

const SAY_MS = 500;

interface Task {
  readonly work: Work;
  readonly beats: Int32Array;
}

interface WorkerScope {
  onmessage: ((event: { data: Task }) => void) | null;
  postMessage(said: Said): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data }) => {
  const { work, beats } = data;
  const { TARGETS }: { TARGETS: readonly Target[] } = await import(
    work.registry
  );
  const target = TARGETS.find(({ name }) => name === work.target);
  if (target === undefined) throw new Error(`no target ${work.target}`);
  const campaign = await Campaign.open(target, work.seed);
  const { tally } = campaign;
  const say = (more: Omit<Said, "tally"> = {}) =>
    scope.postMessage({ tally, ...more });
  const run = async (index: number): Promise<Finding | undefined> => {
    Atomics.store(beats, CASE, index);
    Atomics.add(beats, BEATS, 1);
    return work.ms === "one"
      ? await campaign.repeat(index)
      : await campaign.run(index);
  };
  const from = performance.now();
  let said = from;
  for (let index = work.from;; index += 1) {
    const finding = await run(index);
    if (finding !== undefined) say({ finding });
    const now = performance.now();
    if (work.ms === "one" || campaign.isOver || now - from >= work.ms) break;
    if (now - said >= SAY_MS) {
      said = now;
      say();
    }
  }
  say({ done: true });
};
