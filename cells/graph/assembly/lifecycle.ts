/** What the kernel asks of the cell: `karyon:kernel/lifecycle`. */
import { Option } from "../../sdk/assembly/option";
import { Result, UNIT, Unit } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import { salt } from "../../sdk/assembly/digest_index";
import { limitMemory } from "../../sdk/assembly/pages";
import { rot } from "./arrivals";
import { memoryOctets, readConfig, saltDigest, wantedNetwork } from "./config";
import { readOnly } from "./device";
import { Condition, StartRefusal, State } from "./gen/lifecycle";
import { HEAP_OCTETS } from "./limits";
import { damage, damagedContents } from "./stored";
import {
  expectReplacement,
  idleStore,
  openStore,
  Phase,
  phase,
  progress,
  storeFault,
  trouble,
} from "./store";
import { saltTexts } from "./texts";

/** The device holds everything: what is handed over is empty. */
const STATE_VERSION: u32 = 1;

type Started = Result<Unit, StartRefusal>;

function refuse(refusal: StartRefusal): Started {
  return Result.err<Unit, StartRefusal>(refusal);
}

export function start(
  config: Array<Tuple2<string, string>>,
  previous: Option<State>,
): Started {
  const fault = readConfig(config);
  if (fault.length > 0) return refuse(StartRefusal.config(fault));
  if (previous.isSome) {
    const state = previous.value;
    if (state.version != STATE_VERSION || state.octets.length != 0) {
      const what = `version ${state.version}, ${state.octets.length} octets`;
      const wants = `version ${STATE_VERSION} and no octets are expected`;
      return refuse(StartRefusal.state(`${what}; ${wants}`));
    }
  }
  limitMemory(memoryOctets);
  salt(saltDigest, 32);
  saltTexts(load<u64>(saltDigest));
  // The collected heap doubles the memory when it grows: better while small.
  heap.free(heap.alloc(HEAP_OCTETS));
  const refusal = openStore(wantedNetwork);
  if (refusal.length > 0) return refuse(StartRefusal.unavailable(refusal));
  return Result.ok<Unit, StartRefusal>(UNIT);
}

export function health(): Condition {
  if (phase == Phase.Failed) return Condition.failed(storeFault);
  if (phase != Phase.Open) return Condition.starting(progress());
  if (trouble.length > 0) return Condition.degraded(trouble);
  if (rot.length > 0) return Condition.degraded(rot);
  if (damagedContents > 0) return Condition.degraded(damage);
  if (readOnly) return Condition.degraded("the device is read-only");
  return Condition.ok();
}

export function stateVersion(): u32 {
  return STATE_VERSION;
}

export function snapshot(): Result<StaticArray<u8>, string> {
  expectReplacement();
  return Result.ok<StaticArray<u8>, string>(new StaticArray<u8>(0));
}

export function migrate(older: State): Result<StaticArray<u8>, string> {
  return Result.err<StaticArray<u8>, string>(
    `no version older than ${STATE_VERSION} exists, not ${older.version} either`,
  );
}

export function stop(): void {
  idleStore();
}
