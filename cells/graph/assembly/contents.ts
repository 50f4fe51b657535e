/** The right to bring contents and to let them go: `karyon:graph/contents`. */
import { Option } from "../../sdk/assembly/option";
import { Result, UNIT, Unit } from "../../sdk/assembly/result";
import { chunkOctets, chunksUsed } from "./chunk_table";
import { Kept, Presence, Refusal, Standing, Usage } from "./gen/contents";
import { letOneGo } from "./let_go";
import { HASH_BLAKE3, IDENTITY_OCTETS } from "./limits";
import { areaOctets, freeOctets } from "./space";
import {
  isBundle,
  presenceOf,
  State,
  stored,
  STORED_SIZE,
  STORED_STATE,
  STORED_UNTIL,
  storedHere,
  storedOf,
} from "./stored";
import {
  ARRIVAL,
  CONTENT_LENGTH,
  contents as contentRows,
  height,
  particleIndex,
  particles,
} from "./tables";
import {
  begun,
  beginUpload,
  cancelUpload,
  closed,
  finishUpload,
  kept,
  writeUpload,
} from "./uploads";

/** Why the last identity names no particle; null where it does. */
let unknown: Refusal | null = null;

/** The particle's number; with `unknown` where there is none. */
function particleOf(id: StaticArray<u8>): u32 {
  unknown = closed();
  if (unknown !== null) return 0;
  if (<u32> id.length != IDENTITY_OCTETS || id[0] != HASH_BLAKE3) {
    unknown = Refusal.malformed("not an identity of 33 octets");
    return 0;
  }
  const entry = particleIndex.find(changetype<usize>(id) + 1);
  if (entry != 0) return entry - 1;
  unknown = Refusal.unknownParticle();
  return 0;
}

function no<T>(refusal: Refusal): Result<T, Refusal> {
  return Result.err<T, Refusal>(refusal);
}

function done(refusal: Refusal | null): Result<Unit, Refusal> {
  if (refusal !== null) return no<Unit>(refusal);
  return Result.ok<Unit, Refusal>(UNIT);
}

export function look(id: StaticArray<u8>): Result<Standing, Refusal> {
  const particle = particleOf(id);
  if (unknown !== null) return no<Standing>(unknown!);
  const entry = storedOf(particle);
  let size = Option.none<u64>();
  let until = Option.none<u64>();
  if (entry != 0) {
    const row = stored.at(entry - 1);
    // Of one that was only noted as gone nobody knows the size.
    const isKnown = load<u64>(row, STORED_SIZE) != 0 ||
      load<u32>(row, STORED_STATE) == State.Here;
    if (isKnown) size = Option.some<u64>(load<u64>(row, STORED_SIZE));
    const over = load<u64>(row, STORED_UNTIL);
    if (over != 0) until = Option.some<u64>(over);
  } else {
    const arrival = load<u32>(particles.at(particle), ARRIVAL);
    if (arrival != 0) {
      const row = contentRows.at(arrival - 1);
      size = Option.some<u64>(load<u32>(row, CONTENT_LENGTH));
    }
  }
  return Result.ok<Standing, Refusal>(
    new Standing(presenceOf(particle), size, until, entry != 0, height()),
  );
}

export function begin(
  id: StaticArray<u8>,
  size: u64,
  until: Option<u64>,
): Result<u32, Refusal> {
  const particle = particleOf(id);
  if (unknown !== null) return no<u32>(unknown!);
  if (until.isSome && until.value == 0) {
    return no<u32>(Refusal.malformed("until 0, a height is from 1"));
  }
  const refusal = beginUpload(particle, size, until.isSome ? until.value : 0);
  if (refusal !== null) return no<u32>(refusal);
  return Result.ok<u32, Refusal>(begun);
}

export function write(
  upload: u32,
  octets: StaticArray<u8>,
): Result<Unit, Refusal> {
  const refusal = closed();
  return done(refusal !== null ? refusal : writeUpload(upload, octets));
}

export function finish(upload: u32): Result<Kept, Refusal> {
  let refusal = closed();
  if (refusal === null) refusal = finishUpload(upload);
  if (refusal !== null) return no<Kept>(refusal);
  return Result.ok<Kept, Refusal>(kept);
}

export function cancel(upload: u32): void {
  cancelUpload(upload);
}

export function letGo(
  id: StaticArray<u8>,
  presence: Presence,
): Result<Unit, Refusal> {
  const particle = particleOf(id);
  if (unknown !== null) return no<Unit>(unknown!);
  if (presence != Presence.Dropped && presence != Presence.Expired) {
    return no<Unit>(Refusal.malformed("a content is let go: dropped or expired"));
  }
  const refusal = whyKept(particle, presence);
  if (refusal !== null) return no<Unit>(refusal);
  const isDropped = presence == Presence.Dropped;
  return done(letOneGo(particle, isDropped ? State.Dropped : State.Expired));
}

function whyKept(particle: u32, presence: Presence): Refusal | null {
  const now = presenceOf(particle);
  if (now == Presence.Expired || now == Presence.Dropped) {
    return Refusal.notHere();
  }
  if (now == Presence.Unknown) return null;
  if (storedOf(particle) == 0) {
    return Refusal.needed("it came with a signal: the log's chain is over it");
  }
  if (isBundle(particle)) {
    return Refusal.needed("it is a neuron's key bundle: signatures need it");
  }
  if (presence == Presence.Dropped) return null;
  return Refusal.malformed("a content that is here expires by its height");
}

export function count(): Usage {
  return new Usage(
    storedHere,
    chunksUsed,
    chunkOctets,
    areaOctets,
    freeOctets,
  );
}
