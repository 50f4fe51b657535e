/**
 * Contents that come in pieces, and are kept if they are what they should be.
 *
 * Everything is on the device before the record that names it is appended, and
 * one flush lies in between: so a record that counts names octets that are
 * there. Uploads live in memory only; after a crash their space is free.
 */
import { equal32, copy32 } from "../../sdk/assembly/bytes";
import {
  KEPT_CHUNKS,
  KEPT_DIGEST,
  KEPT_MAP,
  KEPT_OCTETS,
  KEPT_SIZE,
  KEPT_UNTIL,
  reserveRows,
  takeKept,
} from "./content_records";
import { mapSpan } from "./content_map";
import { appendSmall, discard, put, refused, room } from "./content_space";
import { deviceFault, flushDevice, flushesFailed } from "./device";
import { Kept, Presence, Refusal } from "./gen/contents";
import { leaveContent } from "./let_go";
import { APART_OCTETS_MAX, UPLOAD_OCTETS_MAX, UPLOADS_MAX } from "./limits";
import { KIND_KEPT } from "./record";
import { release } from "./space";
import { noteTrouble, whyNotOpen } from "./store";
import {
  isBundle,
  presenceOf,
  stored,
  STORED_MAPPED,
  storedOf,
} from "./stored";
import { height, particles } from "./tables";
import { Upload } from "./upload";

const uploads = new Array<Upload>(0);
let calls: u32 = 0;
/** What was kept last. */
export let kept: Kept = new Kept(0, 0, 0);
export let begun: u32 = 0;

const PAYLOAD: usize = memory.data(96, 16);
const ROOT_FOUND: usize = memory.data(32, 16);

function drop(index: i32): void {
  uploads[index].giveUp();
  uploads.splice(index, 1);
}

/** Gives all uploads up, as when another generation may write. */
export function dropUploads(): void {
  while (uploads.length > 0) drop(uploads.length - 1);
}

/** Those that began before a flush was refused: what they wrote may be lost. */
function dropVoid(): void {
  for (let i = uploads.length - 1; i >= 0; i--) {
    if (uploads[i].flushes != flushesFailed) drop(i);
  }
}

function indexOf(id: u32): i32 {
  for (let i = 0; i < uploads.length; i++) {
    if (uploads[i].id == id) return i;
  }
  return -1;
}

/** Why this content cannot be taken for the particle; null if it can. */
function whyNot(particle: u32, until: u64): Refusal | null {
  if (until != 0 && isBundle(particle)) {
    return Refusal.needed("it is a neuron's key bundle: signatures need it");
  }
  return presenceOf(particle) == Presence.Here ? Refusal.here() : null;
}

export function beginUpload(
  particle: u32,
  size: u64,
  until: u64,
): Refusal | null {
  if (size > APART_OCTETS_MAX) {
    return Refusal.malformed(
      `${size} octets, at most ${APART_OCTETS_MAX} are allowed`,
    );
  }
  if (until != 0 && until <= height()) {
    return Refusal.malformed(`until ${until}, the record has ${height()}`);
  }
  const refusal = whyNot(particle, until);
  if (refusal !== null) return refusal;
  dropVoid();
  if (uploads.length == UPLOADS_MAX) {
    let oldest = 0;
    for (let i = 1; i < uploads.length; i++) {
      if (uploads[i].used < uploads[oldest].used) oldest = i;
    }
    drop(oldest);
  }
  const upload = new Upload(++calls, particle, size, until);
  upload.used = calls;
  uploads.push(upload);
  begun = upload.id;
  return null;
}

export function writeUpload(id: u32, octets: StaticArray<u8>): Refusal | null {
  dropVoid();
  const index = indexOf(id);
  if (index < 0) return Refusal.noUpload();
  const upload = uploads[index];
  upload.used = ++calls;
  const length = <u32> octets.length;
  if (length > UPLOAD_OCTETS_MAX) {
    return Refusal.malformed(
      `${length} octets, at most ${UPLOAD_OCTETS_MAX} are allowed`,
    );
  }
  if (length > upload.size - upload.done) {
    return Refusal.malformed(
      `${length} octets, ${upload.size - upload.done} are left`,
    );
  }
  if (upload.take(changetype<usize>(octets), length)) return null;
  drop(index);
  return refused;
}

export function finishUpload(id: u32): Refusal | null {
  dropVoid();
  const index = indexOf(id);
  if (index < 0) return Refusal.noUpload();
  const upload = uploads[index];
  if (upload.done != upload.size) {
    return Refusal.malformed(
      `${upload.done} octets came, ${upload.size} were announced`,
    );
  }
  const refusal = keep(upload);
  if (refusal !== null) {
    drop(index);
    return refusal;
  }
  upload.end();
  uploads.splice(index, 1);
  return null;
}

function keep(upload: Upload): Refusal | null {
  const digest = particles.digest(upload.particle);
  const again = whyNot(upload.particle, upload.until);
  if (again !== null) return again;
  if (upload.until != 0 && upload.until <= height()) {
    return Refusal.malformed(`until ${upload.until} is over`);
  }
  const list = upload.map(digest, ROOT_FOUND, PAYLOAD + KEPT_DIGEST);
  if (!equal32(ROOT_FOUND, digest)) return Refusal.mismatch();
  if (!reserveRows(1)) return Refusal.full();
  const span = mapSpan(upload.chunks, upload.size);
  const place = room(span, span);
  if (place == 0) return refused;
  if (!put(place, changetype<usize>(list), list.length)) {
    release(place, span);
    return refused;
  }
  if (!noteTrouble(flushDevice())) {
    release(place, span);
    return Refusal.unavailable(deviceFault);
  }
  copy32(PAYLOAD, digest);
  store<u64>(PAYLOAD, upload.size, KEPT_SIZE);
  store<u64>(PAYLOAD, upload.until, KEPT_UNTIL);
  store<u64>(PAYLOAD, place, KEPT_MAP);
  store<u64>(PAYLOAD, upload.chunks, KEPT_CHUNKS);
  if (!appendSmall(KIND_KEPT, PAYLOAD, KEPT_OCTETS)) {
    release(place, span);
    discard(place, span);
    return refused;
  }
  const before = storedOf(upload.particle);
  if (before != 0) leaveContent(before - 1);
  const fault = takeKept(PAYLOAD, KEPT_OCTETS);
  assert(fault.length == 0, fault);
  store<u32>(stored.at(storedOf(upload.particle) - 1), 1, STORED_MAPPED);
  kept = new Kept(upload.size, upload.chunks, upload.fresh);
  return null;
}

export function cancelUpload(id: u32): void {
  const index = indexOf(id);
  if (index >= 0) drop(index);
}

/** Whether the store takes anything now; null if it does. */
export function closed(): Refusal | null {
  const why = whyNotOpen();
  return why.length > 0 ? Refusal.unavailable(why) : null;
}
