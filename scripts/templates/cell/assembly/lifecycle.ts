/**
 * Start, judge, hand over, stop: what the kernel asks of every cell.
 */
import { Option } from "../../sdk/assembly/option";
import { Result, UNIT, Unit } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import { Condition, StartRefusal, State } from "./gen/lifecycle";
import { Level, write } from "./gen/log";
import { decode, encoded, STATE_VERSION } from "./state";

export function start(
  config: Array<Tuple2<string, string>>,
  previous: Option<State>,
): Result<Unit, StartRefusal> {
  if (config.length > 0) {
    return refused(StartRefusal.config("unknown key " + config[0]._0));
  }
  if (previous.isSome && !decode(previous.value.octets)) {
    return refused(StartRefusal.state("the state is not a total"));
  }
  write(Level.Info, "started");
  return Result.ok<Unit, StartRefusal>(UNIT);
}

function refused(why: StartRefusal): Result<Unit, StartRefusal> {
  return Result.err<Unit, StartRefusal>(why);
}

export function health(): Condition {
  return Condition.ok();
}

export function stateVersion(): u32 {
  return STATE_VERSION;
}

export function snapshot(): Result<StaticArray<u8>, string> {
  return Result.ok<StaticArray<u8>, string>(encoded());
}

export function migrate(older: State): Result<StaticArray<u8>, string> {
  return Result.err<StaticArray<u8>, string>(
    "no state of version " + older.version.toString() + " was ever written",
  );
}

export function stop(): void {}
