/**
 * Starting, judging, handing over and stopping the rank cell.
 *
 * A state that is handed over is served at once; the vector is then computed anew
 * from the graph, because the columns are not part of the state.
 */
import { Option } from "../../sdk/assembly/option";
import { Result, Unit, UNIT } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import { monotonic } from "./gen/clock";
import { Condition, StartRefusal, State } from "./gen/lifecycle";
import { configure, configured } from "./config";
import { Approach } from "./gpu/approach";
import { halt, Machine } from "./machine";
import { ageMs } from "./published";
import { decode, encode, encodedLength, renewed, STATE_VERSION, STATE_VERSION_MIN } from "./state";

export function start(
  config: Array<Tuple2<string, string>>,
  previous: Option<State>,
): Result<Unit, StartRefusal> {
  for (let i = 0; i < config.length; ++i) {
    const wrong = configure(config[i]._0, config[i]._1);
    if (wrong != "") return refuse(StartRefusal.config(wrong));
  }
  const unfit = configured();
  if (unfit != "") return refuse(StartRefusal.config(unfit));
  if (previous.isSome) {
    const state = previous.value;
    if (state.version != STATE_VERSION) {
      return refuse(StartRefusal.state(unknownVersion(state.version)));
    }
    const wrong = decode(state.octets, monotonic());
    if (wrong != "") return refuse(StartRefusal.state(wrong));
  }
  return Result.ok<Unit, StartRefusal>(UNIT);
}

export function health(): Condition {
  if (Machine.trouble != "") return Condition.degraded(Machine.trouble);
  if (Approach.trouble != "") return Condition.degraded(`gpu: ${Approach.trouble}; on the CPU instead`);
  return Condition.ok();
}

export function stateVersion(): u32 {
  return STATE_VERSION;
}

export function snapshot(): Result<StaticArray<u8>, string> {
  if (encodedLength() == 0) {
    return Result.err<StaticArray<u8>, string>("the vector is over 1 GiB");
  }
  const nowUs = monotonic();
  return Result.ok<StaticArray<u8>, string>(encode(ageMs(nowUs), nowUs));
}

export function migrate(older: State): Result<StaticArray<u8>, string> {
  if (older.version < STATE_VERSION_MIN || older.version > STATE_VERSION) {
    return Result.err<StaticArray<u8>, string>(unknownVersion(older.version));
  }
  return Result.ok<StaticArray<u8>, string>(
    older.version == STATE_VERSION ? older.octets : renewed(older.octets, older.version),
  );
}

export function stop(): void {
  halt();
}

function refuse(why: StartRefusal): Result<Unit, StartRefusal> {
  return Result.err<Unit, StartRefusal>(why);
}

function unknownVersion(version: u32): string {
  return `state version ${version} is unknown; known: ${STATE_VERSION_MIN} to ${STATE_VERSION}`;
}
