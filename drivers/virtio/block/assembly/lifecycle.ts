/** What the kernel asks of the driver: `karyon:kernel/lifecycle`. */
import { Option } from "../../../../cells/sdk/assembly/option";
import { Result, UNIT, Unit } from "../../../../cells/sdk/assembly/result";
import { Tuple2 } from "../../../../cells/sdk/assembly/tuple";
import { isLost } from "../../shared/assembly/loss";
import { allow } from "../../shared/assembly/patience";
import { reset } from "../../shared/assembly/setup";
import { diskTrouble, isReplaced, openDisk } from "./disk";
import { Condition, StartRefusal, State } from "./gen/lifecycle";
import { keptCount } from "./kept";
import { readSettings, resetUs } from "./settings";

/** The device holds everything: what is handed over is empty. */
const STATE_VERSION: u32 = 1;

type Started = Result<Unit, StartRefusal>;

export function start(
  config: Array<Tuple2<string, string>>,
  previous: Option<State>,
): Started {
  const fault = readSettings(config);
  if (fault.length > 0) return refuse(StartRefusal.config(fault));
  if (previous.isSome && previous.value.octets.length != 0) {
    return refuse(StartRefusal.state("no octets are expected"));
  }
  const refusal = openDisk();
  if (refusal.length > 0) return refuse(StartRefusal.unavailable(refusal));
  return Result.ok<Unit, StartRefusal>(UNIT);
}

function refuse(refusal: StartRefusal): Started {
  return Result.err<Unit, StartRefusal>(refusal);
}

export function health(): Condition {
  const trouble = diskTrouble();
  if (isReplaced) return Condition.failed(trouble);
  return trouble.length > 0 ? Condition.degraded(trouble) : Condition.ok();
}

export function stateVersion(): u32 {
  return STATE_VERSION;
}

export function snapshot(): Result<StaticArray<u8>, string> {
  const kept = keptCount();
  return kept == 0
    ? Result.ok<StaticArray<u8>, string>(new StaticArray<u8>(0))
    : Result.err<StaticArray<u8>, string>(`${kept} writes are not flushed`);
}

export function migrate(older: State): Result<StaticArray<u8>, string> {
  return Result.err<StaticArray<u8>, string>(
    `no version older than ${STATE_VERSION} exists, not ${older.version} either`,
  );
}

/** The device lets go of its memory before the bus does. */
export function stop(): void {
  allow(resetUs);
  if (!isLost) reset();
}
