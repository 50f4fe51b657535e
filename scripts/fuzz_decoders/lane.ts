/**
 * One target on a thread of its own, watched: what does not end is found, too.
 *
 * A run that is silent for too long is a finding; its thread is given up, and a
 * new one goes on behind that case.
 */
import type { Finding, Tally } from "./campaign.ts";
import { noTally } from "./campaign.ts";
import { drawn } from "./draw.ts";
import type { Target } from "./target.ts";

/** A run, or making a finding small, is silent for at most this long. */
export const SILENT_MS = 30_000;
/** Threads that are given up for one target: each may spin on until the end. */
const SILENT_MAX = 3;
const LOOK_MS = 100;

export interface Work {
  /** Module whose `TARGETS` are known. */
  readonly registry: string;
  readonly target: string;
  readonly seed: number;
  /** The first case. */
  readonly from: number;
  /** Ends then, or after one case. */
  readonly ms: number | "one";
}

export interface Said {
  readonly tally: Tally;
  readonly finding?: Finding;
  readonly done?: boolean;
}

/** Places in what both sides see. */
export const BEATS = 0;
export const CASE = 1;

export interface LaneReport {
  readonly tally: Tally;
  readonly findings: Finding[];
}

interface Watched {
  readonly tally: Tally;
  /** The case during which it fell silent. */
  readonly silentAt?: number;
}

/** Runs a target for its time. `progress` is told now and then. */
export async function runLane(
  target: Target,
  work: Work,
  progress: (tally: Tally) => void,
  silentMs = SILENT_MS,
): Promise<LaneReport> {
  const started = performance.now();
  const findings: Finding[] = [];
  let tally = noTally();
  let from = work.from;
  for (let given = 0; given < SILENT_MAX; given += 1) {
    const left = work.ms === "one"
      ? work.ms
      : Math.max(0, work.ms - (performance.now() - started));
    const before = tally;
    const watched = await watch(
      { ...work, from, ms: left },
      (now) => progress(sum(before, now)),
      (finding) => findings.push(finding),
      silentMs,
    );
    tally = sum(before, watched.tally);
    if (watched.silentAt === undefined) break;
    findings.push(
      await silence(target, work.seed, watched.silentAt, silentMs),
    );
    if (work.ms === "one") break;
    from = watched.silentAt + 1;
  }
  return { tally, findings };
}

function watch(
  work: Work,
  progress: (tally: Tally) => void,
  found: (finding: Finding) => void,
  silentMs: number,
): Promise<Watched> {
  const beats = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL("./lane_worker.ts", import.meta.url), {
    type: "module",
  });
  return new Promise((resolve, reject) => {
    let tally = noTally();
    let last = 0;
    let since = performance.now();
    const end = (silentAt?: number) => {
      clearInterval(timer);
      worker.terminate();
      resolve(silentAt === undefined ? { tally } : { tally, silentAt });
    };
    const timer = setInterval(() => {
      const now = Atomics.load(beats, BEATS);
      // No beat yet: it is still being made ready.
      if (now !== last || now === 0) {
        last = now;
        since = performance.now();
      } else if (performance.now() - since > silentMs) {
        end(Atomics.load(beats, CASE));
      }
    }, LOOK_MS);
    worker.onmessage = ({ data }: MessageEvent<Said>) => {
      tally = data.tally;
      if (data.finding !== undefined) found(data.finding);
      progress(tally);
      if (data.done === true) end();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearInterval(timer);
      worker.terminate();
      reject(new Error(`${work.target}: ${event.message}`));
    };
    worker.postMessage({ work, beats });
  });
}

async function silence(
  target: Target,
  seed: number,
  index: number,
  silentMs: number,
): Promise<Finding> {
  const octets = drawn(target, await target.open(), seed, index);
  const what = `it did not end within ${silentMs} ms`;
  return {
    target: target.name,
    case: index,
    what,
    trace: "",
    octets,
    small: octets,
  };
}

function sum(a: Tally, b: Tally): Tally {
  return {
    cases: a.cases + b.cases,
    taken: a.taken + b.taken,
    refused: a.refused + b.refused,
    repeats: a.repeats + b.repeats,
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
  };
}
