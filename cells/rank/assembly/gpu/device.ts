/**
 * Requests to the device: what is under way, what it made, and what went wrong first.
 *
 * Nothing here waits. A request that finds the queue full is posted again later; one that
 * fails is the end of the attempt, and `trouble` says why.
 */
import {
  Access, cancel, Completion, ConditionTag, health, Launch, OutcomeTag, Range, Refusal,
  RefusalTag, release, Source, submit, take, Upload, Work,
} from "../gen/gpu";
import { WITHIN_US } from "../limits";
import { Traffic } from "../tasks";
import { BUFFERS, PROGRAMS } from "./layout";

/** Requests under way at most, completions that are taken at once. */
const OPEN_MAX: u32 = 256;
const TAKEN: u32 = 64;

/** What becomes of a completion. */
const NOTHING: u32 = 0;
const BUFFER: u32 = 1;
const PROGRAM: u32 = 2;
const OCTETS: u32 = 3;
/** Nobody wants it any more. */
const DROPPED: u32 = 4;

export class Requests {
  static open: u32 = 0;
  /** Why the attempt is over; empty while it is not. */
  static trouble: string = "";
  /** Of the device that names are of. */
  static attachment: u32 = 0;
}

const tickets = new StaticArray<u64>(<i32>OPEN_MAX);
const kinds = new StaticArray<u32>(<i32>OPEN_MAX);
const places = new StaticArray<usize>(<i32>OPEN_MAX);
const lengths = new StaticArray<u32>(<i32>OPEN_MAX);

// Names; 0 where there is none.
const buffers = new StaticArray<u64>(<i32>BUFFERS);
const programs = new StaticArray<u64>(<i32>PROGRAMS);

/** Octets of a buffer, for a range over all of it. */
const sizes = new StaticArray<u64>(<i32>BUFFERS);

/** Why there is no device, in its own words. */
export function absence(): string {
  const condition = health();
  return condition.tag == ConditionTag.Failed ? condition.failedValue : "no device is attached";
}

/** Takes what has ended; true if something had. */
export function poll(): bool {
  if (Requests.open == 0) return false;
  const ended = take(TAKEN);
  for (let i = 0; i < ended.length; ++i) settle(ended[i]);
  return ended.length > 0;
}

function settle(completion: Completion): void {
  for (let i: u32 = 0; i < OPEN_MAX; ++i) {
    if (tickets[i] != completion.ticket) continue;
    tickets[i] = 0;
    --Requests.open;
    conclude(i, completion);
    return;
  }
}

function conclude(i: u32, completion: Completion): void {
  const outcome = completion.outcome;
  const kind = kinds[i];
  if (outcome.tag == OutcomeTag.Made) {
    if (kind == BUFFER) buffers[<i32>places[i]] = outcome.madeValue;
    else if (kind == PROGRAM) programs[<i32>places[i]] = outcome.madeValue;
    else release(outcome.madeValue);
    return;
  }
  if (kind == DROPPED || outcome.tag == OutcomeTag.Done) return;
  if (outcome.tag == OutcomeTag.Octets) {
    const octets = outcome.octetsValue;
    Traffic.octets += octets.length;
    if (kind == OCTETS && <u32>octets.length == lengths[i]) {
      memory.copy(places[i], changetype<usize>(octets), lengths[i]);
    } else wrong("the device gave other octets than were asked for");
    return;
  }
  if (outcome.tag == OutcomeTag.Rejected) wrong(`the device does not take it: ${outcome.rejectedValue}`);
  else if (outcome.tag == OutcomeTag.Failed) wrong(`the device failed: ${outcome.failedValue}`);
  else if (outcome.tag == OutcomeTag.Gone) wrong(outcome.goneValue);
  else wrong("the device did not answer in time");
}

/** The first thing that goes wrong is the reason. */
export function wrong(why: string): void {
  if (Requests.trouble == "") Requests.trouble = why;
}

/** True if it is under way; else there is no room for now, or `trouble`. */
function post(work: Work, kind: u32, place: usize, length: u32): bool {
  if (Requests.open == OPEN_MAX) return false;
  const answer = submit(work, WITHIN_US);
  if (!answer.isOk) {
    if (answer.error.tag != RefusalTag.Full) wrong(refusalText(answer.error));
    return false;
  }
  for (let i: u32 = 0; i < OPEN_MAX; ++i) {
    if (tickets[i] != 0) continue;
    tickets[i] = answer.value;
    kinds[i] = kind;
    places[i] = place;
    lengths[i] = length;
    ++Requests.open;
    break;
  }
  return true;
}

function refusalText(refusal: Refusal): string {
  if (refusal.tag == RefusalTag.Gone) return absence();
  if (refusal.tag == RefusalTag.OverLimit) return `more than its ${refusal.overLimitValue}`;
  return `it refused a request: case ${refusal.tag} of the contract`;
}

export function makeBuffer(buffer: u32, octets: u64): bool {
  sizes[buffer] = octets;
  return post(Work.allocate(octets), BUFFER, buffer, 0);
}

export function makeProgram(program: u32, wgsl: string, entry: string, bindings: Array<Access>): bool {
  if (programs[program] != 0) return true;
  return post(Work.compile(new Source(wgsl, entry, bindings)), PROGRAM, program, 0);
}

export function writeOctets(buffer: u32, offset: u64, octets: StaticArray<u8>): bool {
  const posted = post(Work.write(new Upload(buffers[buffer], offset, octets)), NOTHING, 0, 0);
  if (posted) Traffic.octets += octets.length;
  return posted;
}

export function readOctets(buffer: u32, offset: u64, to: usize, octets: u32): bool {
  return post(Work.read(new Range(buffers[buffer], offset, octets)), OCTETS, to, octets);
}

/** All of a buffer, or `octets` of it from `offset`. */
export function rangeOf(buffer: u32, offset: u64 = 0, octets: u64 = 0): Range {
  return new Range(buffers[buffer], offset, octets > 0 ? octets : sizes[buffer]);
}

export function dispatch(program: u32, ranges: Array<Range>, x: u32, y: u32): bool {
  return post(Work.dispatch(new Launch(programs[program], ranges, x, y, 1)), NOTHING, 0, 0);
}

/** Looks at the device; names of one before are none. */
export function meet(attachment: u32): void {
  if (attachment == Requests.attachment) return;
  Requests.attachment = attachment;
  for (let i: u32 = 0; i < BUFFERS; ++i) buffers[i] = 0;
  for (let i: u32 = 0; i < PROGRAMS; ++i) programs[i] = 0;
}

/** Forgets why the attempt before was over. */
export function hope(): void {
  Requests.trouble = "";
}

/** Gives the buffers back; nobody wants what is under way. Programs stay. */
export function part(): void {
  for (let i: u32 = 0; i < OPEN_MAX; ++i) {
    if (tickets[i] == 0 || kinds[i] == DROPPED) continue;
    kinds[i] = DROPPED;
    cancel(tickets[i]);
  }
  for (let i: u32 = 0; i < BUFFERS; ++i) {
    if (buffers[i] != 0) release(buffers[i]);
    buffers[i] = 0;
  }
  poll();
}
