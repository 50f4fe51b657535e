/**
 * The way to the fixed point on the GPU that the system file grants, if it does.
 *
 * A vector comes of it, to start from: the rounds that lead to a publication, and the proof of
 * its bound, are the cell's own in f64. Whatever goes wrong (no device, no room on it, a loss, a
 * deadline, a result that is not as good as is stated) ends the attempt with its reason, and the computation
 * starts as it would without a GPU. A piece never waits: `isWaiting` says that the next one has
 * nothing to do until the device has answered.
 */
import { Access, describe } from "../gen/gpu";
import { monotonic } from "../gen/clock";
import { Level, write } from "../gen/log";
import { boundHeat } from "../heat";
import { GPU_STATED, GPU_WANTED, PIECE, STALLED_US } from "../limits";
import { both, DOUBLE, Sums, Weights } from "../matrix";
import { NO_NODE, nodeOf, Nodes } from "../nodes";
import { Block } from "../pages";
import { COPY_OCTETS } from "../tasks";
import { absence, hope, makeBuffer, makeProgram, meet, part, poll, readOctets, Requests, wrong } from "./device";
import { beginJobs, bothJobs, dropJobs, inwardJobs, jobsPiece } from "./jobs";
import { WGSL } from "./kernels";
import {
  BOTH, BUFFERS, CONSTANTS, CONSTS, entryOf, INWARD, JOIN, PARAMS, PASS_BINDINGS, PIECES_AT, PROGRAMS,
  RUNS_MAX, SCALARS, VECS, VECTORS, WALK_BINDINGS, WORDS_OCTETS,
} from "./layout";
import { Batch, beginRounds, isPosted, outcomeAt, planBatch, postRound, readBatch } from "./rounds";
import { beginSending, isSent, partOctets, sendPiece } from "./sending";

const WEIGH: u32 = 0;
const SORT: u32 = 1;
const MAKE: u32 = 2;
const SEND: u32 = 3;
const ROUNDS: u32 = 4;
const READ: u32 = 5;
const TURN: u32 = 6;

const NEXT_TO_NOTHING: f64 = 1e-300;

/** Batches in a row that may come no nearer. */
const VAIN_MAX: u32 = 6;

export class Approach {
  /** Whether the configuration asks for a GPU, and from how many entries on. */
  static isOn: bool = false;
  static entriesMin: u32 = 0;
  /** Why the last attempt was given up; empty if none was. */
  static trouble: string = "";
  static isWaiting: bool = false;
  /** f64 by particle number, to start from; 0 where there is none. */
  static start: usize = 0;
  /** What the device's rounds came to: how many, and the last one's change. */
  static rounds: u32 = 0;
  static change: f64 = 0;
  static device: string = "";
}

const raw = new Block();
const start = new Block();

let phase: u32 = WEIGH;
let cursor: u32 = 0;
let isPlain: bool = false;
let acceleration: u32 = 0;
let roundsMax: u32 = 0;
let error: f64 = 0;
let volume: f64 = 0;
let least: f64 = 0;
let best: f64 = 0;
let vain: u32 = 0;
let isPlanned: bool = false;
let heardUs: u64 = 0;
let isUnderWay: bool = false;

/** Whether a computation over the matrices that are there is to go by the GPU. */
export function isApproached(): bool {
  return Approach.isOn && both.start(Nodes.count) >= max<u32>(1, Approach.entriesMin);
}

export function beginApproach(plain: bool, changes: u32, rounds: u32, tolerance: f64): void {
  dropApproach();
  hope();
  isPlain = plain;
  acceleration = changes;
  roundsMax = rounds;
  error = max(GPU_WANTED, tolerance);
  phase = WEIGH;
  cursor = 0;
  volume = 0;
  least = 0;
  best = 2;
  vain = 0;
  isPlanned = false;
  isUnderWay = true;
  heardUs = monotonic();
}

/** Gives all back, on the device and here. */
export function dropApproach(): void {
  if (isUnderWay) part();
  isUnderWay = false;
  Approach.isWaiting = false;
  dropJobs();
  raw.release();
  start.release();
  Approach.start = 0;
}

/** One piece; true when there is a start, or none to be had. */
export function approachPiece(): bool {
  Approach.isWaiting = false;
  if (poll()) heardUs = monotonic();
  if (Requests.trouble != "") return giveUp(Requests.trouble);
  if (phase == WEIGH) return weighPiece();
  if (phase == SORT) return sortPiece();
  if (phase == MAKE) return makePiece();
  if (phase == SEND) return sendOn();
  if (phase == ROUNDS) return roundsPiece();
  if (phase == READ) return readPiece();
  return turnPiece();
}

/** Nothing could be posted, or all is: the device has to answer first. */
function awaited(): bool {
  if (Requests.trouble != "") return giveUp(Requests.trouble);
  Approach.isWaiting = true;
  if (monotonic() - heardUs > STALLED_US) return giveUp("the device has not answered for a minute");
  return false;
}

function giveUp(why: string): bool {
  dropApproach();
  if (Approach.trouble != why) write(Level.Warn, `gpu: ${why}; on the CPU instead`);
  Approach.trouble = why;
  return true;
}

/** The vector was not as good as is stated: whoever made it is not asked again. */
export function distrust(change: f64): void {
  giveUp(`its result changes by ${change} in a round, more than the ${stated()} that is stated`);
  Approach.isOn = false;
}

/** By how much the first round in f64 may change what came from the device. */
export function stated(): f64 {
  return max(GPU_STATED, 10 * error);
}

function weighPiece(): bool {
  const to = min<u32>(Nodes.count, cursor + PIECE);
  for (let i = cursor; i < to; ++i) {
    const degree = load<f64>(Sums.degree + (<usize>i << 3));
    volume += degree;
    if (degree > 0 && (least == 0 || degree < least)) least = degree;
  }
  cursor = to;
  if (to < Nodes.count) return false;
  if (Weights.kind == DOUBLE) return giveUp("weights above 2^23 are not exact in f32");
  boundHeat(max(volume, least), least);
  if (!beginJobs()) return giveUp("memory: not enough to share out the rows");
  phase = SORT;
  return false;
}

function sortPiece(): bool {
  if (!jobsPiece()) return false;
  const device = describe();
  meet(device.attachment);
  if (device.attachment == 0 || device.limits.bufferMax == 0) return giveUp(absence());
  Approach.device = device.name;
  if (device.limits.bindingsMax < WALK_BINDINGS) {
    return giveUp(`it has ${device.limits.bindingsMax} bindings, and ${WALK_BINDINGS} are needed`);
  }
  let all: u64 = 0;
  for (let i: u32 = 0; i < BUFFERS; ++i) {
    const octets = octetsOf(i);
    all += octets;
    if (octets > device.limits.bufferMax) {
      return giveUp(`its buffers have ${device.limits.bufferMax} octets at most, and ${octets} are needed`);
    }
  }
  if (all > device.limits.memoryMax) {
    return giveUp(`it gives ${device.limits.memoryMax} octets at most, and ${all} are needed`);
  }
  phase = MAKE;
  cursor = 0;
  return false;
}

function octetsOf(buffer: u32): u64 {
  const values = <u64>Nodes.count * 8;
  if (buffer == PARAMS) return RUNS_MAX * WORDS_OCTETS;
  if (buffer == CONSTS) return values * CONSTANTS;
  if (buffer == VECS) return values * VECTORS;
  const pieces = max(inwardJobs.pieces, bothJobs.pieces);
  if (buffer == SCALARS) return (<u64>PIECES_AT + 2 * (<u64>pieces + 1)) * 8;
  return buffer < BOTH ? partOctets(INWARD, buffer - INWARD) : partOctets(BOTH, buffer - BOTH);
}

function makePiece(): bool {
  if (cursor < BUFFERS) {
    if (!makeBuffer(cursor, octetsOf(cursor))) return awaited();
  } else if (cursor < BUFFERS + PROGRAMS) {
    const program = cursor - BUFFERS;
    if (!makeProgram(program, WGSL, entryOf(program), bindingsOf(program))) return awaited();
  } else {
    if (Requests.open > 0) return awaited();
    beginSending(isPlain, volume);
    phase = SEND;
    return false;
  }
  ++cursor;
  return false;
}

function bindingsOf(program: u32): Array<Access> {
  const bindings = [Access.Read, Access.Read, Access.ReadWrite, Access.ReadWrite];
  if (program <= JOIN) {
    for (let i = PASS_BINDINGS; i < WALK_BINDINGS; ++i) bindings.push(Access.Read);
  }
  return bindings;
}

function sendOn(): bool {
  if (!sendPiece()) return awaited();
  if (!isSent()) return false;
  beginRounds(isPlain, acceleration, error);
  phase = ROUNDS;
  return false;
}

function roundsPiece(): bool {
  if (!isPlanned) {
    planBatch();
    isPlanned = true;
  }
  if (!isPosted()) return postRound() ? false : awaited();
  if (Requests.open > 0) return awaited();
  isPlanned = false;
  if (!readBatch()) return giveUp("its rounds came to no distribution");
  if (Batch.change < error) return beginReading();
  vain = Batch.change < best ? 0 : vain + 1;
  best = min(best, Batch.change);
  if (vain == VAIN_MAX) return giveUp(`its rounds come no nearer than ${best}`);
  if (Batch.total >= roundsMax) return giveUp(`its rounds still change by ${Batch.change} after ${Batch.total}`);
  return false;
}

function beginReading(): bool {
  if (!raw.reserve(<u64>Nodes.count * 8) || !start.reserve(<u64>Nodes.particles * 8)) {
    return giveUp("memory: not enough for its result");
  }
  Approach.rounds = Batch.total;
  Approach.change = Batch.change;
  phase = READ;
  cursor = 0;
  return false;
}

function readPiece(): bool {
  const octets = Nodes.count * 8;
  if (cursor < octets) {
    const count = min(COPY_OCTETS, octets - cursor);
    const from = <u64>outcomeAt() * 8 + <u64>cursor;
    if (!readOctets(VECS, from, raw.at + cursor, count)) return awaited();
    cursor += count;
    return false;
  }
  if (Requests.open > 0) return awaited();
  phase = TURN;
  cursor = 0;
  return false;
}

function turnPiece(): bool {
  const to = min<u32>(Nodes.particles, cursor + PIECE);
  for (let i = cursor; i < to; ++i) {
    const node = nodeOf(i);
    let value: f64 = 0;
    if (node != NO_NODE) {
      const at = raw.at + (<usize>node << 3);
      value = <f64>load<f32>(at) + <f64>load<f32>(at, 4);
      // By diffusion alone a node without weight has nothing; a start of 0 would stand for none.
      if (isPlain && value == 0) value = NEXT_TO_NOTHING;
      if (!(value > 0 && value <= 1)) wrong("its result is no distribution");
    }
    store<f64>(start.at + (<usize>i << 3), value);
  }
  cursor = to;
  if (Requests.trouble != "") return giveUp(Requests.trouble);
  if (to < Nodes.particles) return false;
  part();
  isUnderWay = false;
  raw.release();
  dropJobs();
  if (Approach.trouble != "") write(Level.Info, `gpu: ${Approach.device} is used`);
  Approach.trouble = "";
  Approach.start = start.at;
  return true;
}
