/** A slow, obvious model of a timer, and random operations on both. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { seeded } from "../../sim/block_device.ts";
import type { Trial } from "../suite/case.ts";
import { needsVirtual, set, type TimerFixture } from "./case.ts";

const STEPS = 400;
const ALARMS_MOST = 12;
const SPAN_US = 5000;

interface Alarm {
  readonly name: bigint;
  readonly set: bigint;
  readonly after: bigint;
  readonly every: boolean;
  /** Times that it rang, each counted. */
  rung: bigint;
}

/** When it is due for the n-th time, from 1. */
const dueAt = ({ set, after }: Alarm, n: bigint) => set + n * after;

function ringsOf(alarms: ReadonlyArray<Alarm>, now: bigint) {
  return alarms.flatMap((alarm) => {
    let times = 0n;
    // Counted one by one: slow, and nothing to get wrong.
    while (
      dueAt(alarm, alarm.rung + times + 1n) <= now &&
      (alarm.every || alarm.rung + times === 0n)
    ) times += 1n;
    if (times === 0n) return [];
    return [{ alarm, due: dueAt(alarm, alarm.rung + times), times }];
  }).sort((a, b) => Number(a.due - b.due));
}

export async function againstModel(
  fixture: TimerFixture,
  { seed }: Trial,
): Promise<void> {
  needsVirtual(fixture);
  const { timer } = fixture;
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  let alarms: Alarm[] = [];
  for (let step = 0; step < STEPS; step++) {
    const where = `step ${step}, seed ${seed}`;
    const kind = below(8);
    const after = BigInt(1 + below(SPAN_US));
    if (kind < 3 && alarms.length < ALARMS_MOST) {
      const every = kind === 0;
      const now = timer.now();
      const name = set(every ? timer.setEvery(after) : timer.setOnce(after));
      alarms.push({ name, set: now, after, every, rung: 0n });
    } else if (kind === 3 && alarms.length > 0) {
      const [gone] = alarms.splice(below(alarms.length), 1);
      strictEqual(timer.cancel(gone?.name ?? 0n).tag, "ok", where);
    } else if (kind < 6) await fixture.pass(below(SPAN_US));
    else {
      const most = below(4);
      const want = ringsOf(alarms, timer.now()).slice(0, most);
      deepStrictEqual(
        timer.take(most).map(({ alarm, due, times }) => [alarm, due, times]),
        want.map(({ alarm, due, times }) => [alarm.name, due, times]),
        where,
      );
      for (const { alarm, times } of want) alarm.rung += times;
      alarms = alarms.filter(({ every, rung }) => every || rung === 0n);
    }
    const dues = alarms.map((alarm) => dueAt(alarm, alarm.rung + 1n));
    const next = dues.reduce<bigint | undefined>(
      (least, due) => least === undefined || due < least ? due : least,
      undefined,
    );
    strictEqual(timer.nextDue(), next, where);
  }
}
