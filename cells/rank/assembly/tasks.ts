/**
 * What rank and its parts say to each other, by snapshots.
 *
 * Rank writes tasks: what to build, or a vector and which part sums which rows of a
 * matrix over it. Each part writes rows: the sums. A task is known by the number
 * of its version, which counts on over swaps and restarts.
 *
 * Whatever cannot be read or written is as if it were not there: nobody fails here.
 */
import { look, publish, read, write } from "./gen/snapshots";

/** Octets that are copied at once: some 20 us. */
export const COPY_OCTETS: u32 = 1 << 16;

/** Parts that rank can have. */
export const PARTS_MAX: u32 = 7;

/** Octets before the vector of a task, and before the sums. */
export const TASK_HEAD: u32 = 96;
export const ROWS_HEAD: u32 = 64;

const TASK_MARK: u32 = 0x314b5452;
const ROWS_MARK: u32 = 0x31575252;

/** What a task asks for. */
export const REST_TASK: u32 = 0;
export const BUILD_TASK: u32 = 1;
export const WALK_TASK: u32 = 2;

/** The walks of a round. */
export const DIFFUSION_WALK: u32 = 0;
export const SPRING_WALK: u32 = 1;
export const WARM_WALK: u32 = 2;
export const WALKS: u32 = 3;

/** Octets of what a walk reads per node, and sums per row. */
export function widthOf(walk: u32): u32 {
  return walk == SPRING_WALK ? 16 : 8;
}

/** Copied since the step began; what is read is collected when it ends. */
export class Traffic {
  static octets: u32 = 0;
}

/** Before the vector; row `bounds[i]` is the end of part i's rows, rank's own are before `bounds[0]`. */
@unmanaged
export class Task {
  mark: u32;
  kind: u32;
  seal: u64;
  walk: u32;
  nodes: u32;
  /** Links that nodes were numbered by, and all; particles are below `particles`. */
  numbered: u32;
  links: u32;
  particles: u32;
  parts: u32;
}

/** Before the sums of rows `from` to `to`. */
@unmanaged
export class Answer {
  mark: u32;
  walk: u32;
  /** Of the matrices that are there, whether or not this answers a task. */
  seal: u64;
  /** 0: none. */
  task: u64;
  from: u32;
  to: u32;
}

const BOUNDS: usize = 40;

export const task: Task = changetype<Task>(memory.data(96, 8));
export const answer: Answer = changetype<Answer>(memory.data(64, 8));

export function boundOf(part: u32): u32 {
  return load<u32>(changetype<usize>(task) + BOUNDS + (<usize>part << 2));
}

export function setBound(part: u32, row: u32): void {
  store<u32>(changetype<usize>(task) + BOUNDS + (<usize>part << 2), row);
}

const copied = new StaticArray<u8>(<i32>COPY_OCTETS);

/** A snapshot by its name, which this cell reads or writes. */
export class End {
  /** Of the version that was looked at last. */
  number: u64 = 0;
  length: u32 = 0;

  constructor(readonly name: string) {}

  /** True if there is a version that was not looked at yet. */
  look(): bool {
    const found = look(this.name);
    if (!found.isOk || found.value.isNone) return false;
    const version = found.value.value;
    if (version.number == this.number) return false;
    this.number = version.number;
    this.length = version.length;
    return true;
  }

  /** Where octets of that version are until the call ends; 0 if they cannot be had. */
  read(offset: u32, octets: u32): usize {
    const found = read(this.name, this.number, offset, octets);
    if (!found.isOk || found.value.isNone) return 0;
    const held = found.value.value;
    Traffic.octets += octets;
    return <u32>held.length == octets ? changetype<usize>(held) : 0;
  }

  /** At most `COPY_OCTETS`. */
  write(offset: u32, at: usize, octets: u32): bool {
    const piece = octets == COPY_OCTETS ? copied : new StaticArray<u8>(<i32>octets);
    memory.copy(changetype<usize>(piece), at, octets);
    Traffic.octets += octets;
    const written = write(this.name, offset, piece);
    return written.isOk && written.value;
  }

  /** The number of the new version, or 0. */
  publish(length: u32): u64 {
    const published = publish(this.name, length);
    return published.isOk && published.value.isSome ? published.value.value : 0;
  }

  /** Reads the head of a task; false if it is none. */
  readTask(): bool {
    const at = this.length < TASK_HEAD ? 0 : this.read(0, TASK_HEAD);
    if (at == 0) return false;
    memory.copy(changetype<usize>(task), at, TASK_HEAD);
    return task.mark == TASK_MARK && task.kind <= WALK_TASK && task.walk < WALKS &&
      task.parts <= PARTS_MAX;
  }

  readAnswer(): bool {
    const at = this.length < ROWS_HEAD ? 0 : this.read(0, ROWS_HEAD);
    if (at == 0) return false;
    memory.copy(changetype<usize>(answer), at, ROWS_HEAD);
    return answer.mark == ROWS_MARK;
  }

  writeTask(): bool {
    task.mark = TASK_MARK;
    return this.write(0, changetype<usize>(task), TASK_HEAD);
  }

  writeAnswer(): bool {
    answer.mark = ROWS_MARK;
    return this.write(0, changetype<usize>(answer), ROWS_HEAD);
  }
}
