/**
 * The contract `karyon:kernel/lifecycle`.
 *
 * The cell's state is empty: its index is a function of the graph, and each
 * generation builds it anew while it already answers. The system file may
 * lower the ceilings of the index: `terms-max`, `postings-octets-max`,
 * `contents-max`.
 */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import { UNIT, Unit } from "../../sdk/assembly/result";
import {
  CONTENTS_MAX,
  MANAGED_OCTETS,
  POSTINGS_OCTETS_MAX,
  TERMS_MAX,
} from "./limits";
import { feedWeakness } from "./feed";
import { indexBounds } from "./index";
import { prepareScoring } from "./relevance";
import { Condition, StartRefusal, State } from "./gen/lifecycle";

const STATE_VERSION: u32 = 1;

let started: bool = false;
let stopped: bool = false;

export function isRunning(): bool {
  return started && !stopped;
}

export function start(
  config: Array<Tuple2<string, string>>,
  previous: Option<State>,
): Result<Unit, StartRefusal> {
  if (started) return refuse(StartRefusal.state("it is started already"));
  for (let i = 0; i < config.length; i++) {
    const fault = configure(config[i]._0, config[i]._1);
    if (fault.length > 0) return refuse(StartRefusal.config(fault));
  }
  if (previous.isSome) {
    const fault = stateFault(previous.value);
    if (fault.length > 0) return refuse(StartRefusal.state(fault));
  }
  heap.free(heap.alloc(MANAGED_OCTETS));
  if (!prepareScoring()) {
    return refuse(StartRefusal.unavailable("no memory to search with"));
  }
  started = true;
  return Result.ok<Unit, StartRefusal>(UNIT);
}

export function health(): Condition {
  if (!started) return Condition.starting("start was not called yet");
  const weakness = feedWeakness();
  return weakness.length > 0
    ? Condition.degraded(weakness)
    : Condition.ok();
}

export function stateVersion(): u32 {
  return STATE_VERSION;
}

export function snapshot(): Result<StaticArray<u8>, string> {
  return Result.ok<StaticArray<u8>, string>(new StaticArray<u8>(0));
}

export function migrate(older: State): Result<StaticArray<u8>, string> {
  const fault = stateFault(older);
  return fault.length > 0
    ? Result.err<StaticArray<u8>, string>(fault)
    : Result.ok<StaticArray<u8>, string>(new StaticArray<u8>(0));
}

export function stop(): void {
  stopped = true;
}

function refuse(refusal: StartRefusal): Result<Unit, StartRefusal> {
  return Result.err<Unit, StartRefusal>(refusal);
}

function stateFault(state: State): string {
  if (state.version != STATE_VERSION) {
    return `state version ${state.version}; known is ${STATE_VERSION}`;
  }
  return state.octets.length == 0
    ? ""
    : `state of ${state.octets.length} octets; it is empty in version 1`;
}

/** Applies one key; else says what is wrong with it. */
function configure(key: string, value: string): string {
  const isTerms = key == "terms-max";
  const isPostings = key == "postings-octets-max";
  if (!isTerms && !isPostings && key != "contents-max") {
    return `unknown key ${key}; known are terms-max, postings-octets-max, contents-max`;
  }
  const most = isTerms
    ? TERMS_MAX
    : isPostings
    ? POSTINGS_OCTETS_MAX
    : CONTENTS_MAX;
  const number = parseBound(value, most);
  if (number == 0) return `${key}: "${value}" is not a number from 1 to ${most}`;
  if (isTerms) indexBounds.terms = number;
  else if (isPostings) indexBounds.postingsOctets = number;
  else indexBounds.contents = number;
  return "";
}

/** Decimal digits without a leading zero, from 1 to `most`; else 0. */
function parseBound(text: string, most: u32): u32 {
  if (text.length == 0 || text.length > 10) return 0;
  let number: u64 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = <u32>text.charCodeAt(i) - 48;
    if (digit > 9 || (digit == 0 && number == 0)) return 0;
    number = number * 10 + digit;
  }
  return number <= <u64>most ? <u32>number : 0;
}
