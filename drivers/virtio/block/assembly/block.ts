/** What the driver exports: `karyon:hal/block`. */
import { Result, UNIT, Unit } from "../../../../cells/sdk/assembly/result";
import {
  discardDisk,
  diskOctets,
  diskReadOnly,
  diskTrouble,
  failure,
  flushDisk,
  isReplaced,
  readDisk,
  writeDisk,
} from "./disk";
import { Condition, Geometry, Refusal } from "./gen/block";
import { blockOctets, transferMax } from "./settings";

type Done = Result<Unit, Refusal>;

export function describe(): Geometry {
  return new Geometry(blockOctets, diskOctets, transferMax, diskReadOnly);
}

export function read(
  offset: u64,
  length: u32,
): Result<StaticArray<u8>, Refusal> {
  const refusal = refusalOf(offset, length, true);
  if (refusal != null) return Result.err<StaticArray<u8>, Refusal>(refusal);
  const octets = readDisk(offset, length);
  return octets != null
    ? Result.ok<StaticArray<u8>, Refusal>(octets)
    : Result.err<StaticArray<u8>, Refusal>(Refusal.failed(failure));
}

export function write(offset: u64, data: StaticArray<u8>): Done {
  const refusal = refusalOf(offset, data.length, true) || writeRefusal();
  return refusal != null ? no(refusal) : done(writeDisk(offset, data));
}

export function flush(): Done {
  return done(flushDisk());
}

export function discard(offset: u64, length: u64): Done {
  const refusal = refusalOf(offset, length, false) || writeRefusal();
  return refusal != null ? no(refusal) : done(discardDisk(offset, length));
}

export function health(): Condition {
  const trouble = diskTrouble();
  if (isReplaced) return Condition.failed(trouble);
  return trouble.length > 0 ? Condition.degraded(trouble) : Condition.ok();
}

function refusalOf(
  offset: u64,
  length: u64,
  isTransfer: bool,
): Refusal | null {
  if (isTransfer && length > transferMax) return Refusal.misaligned();
  if (length == 0 || offset % blockOctets != 0 || length % blockOctets != 0) {
    return Refusal.misaligned();
  }
  return offset > diskOctets || length > diskOctets - offset
    ? Refusal.outOfRange()
    : null;
}

function writeRefusal(): Refusal | null {
  return diskReadOnly ? Refusal.readOnly() : null;
}

function done(isDone: bool): Done {
  return isDone
    ? Result.ok<Unit, Refusal>(UNIT)
    : no(Refusal.failed(failure));
}

function no(refusal: Refusal): Done {
  return Result.err<Unit, Refusal>(refusal);
}
