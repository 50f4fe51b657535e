/**
 * The right to ask for proofs: `karyon:graph/proofs`.
 *
 * An answer speaks of the height that the trees are of, and says which; or of
 * a past height that was asked for, whose trees are made first (`past.ts`).
 */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import { catchUp, Caught, foldedHeight, foldedLinks, foldTrouble, roundLinks } from "./fold";
import {
  Absence,
  Index,
  LinkProof,
  PastRefusal,
  Place,
  Proof,
  Refusal,
  State,
} from "./gen/proofs";
import { linkProofFault, LinkProven, proveIn } from "./link_proof";
import {
  askPast,
  Past,
  pastHeight,
  pastLinks,
  pastLinksEnd,
  pastTrouble,
} from "./past";
import {
  coveredEnd,
  identityOf,
  keeps,
  out,
  rangeFault,
  stateRoot,
  treeOf,
  treesHeight,
  writeOf,
  writeProof,
  writeState,
} from "./proof_octets";
import { Phase, phase, progress, storeFault } from "./store";
import { height as heightNow, links } from "./tables";

type Answer<A, R> = Result<Result<A, R>, Absence>;

// @ts-ignore: decorator
@inline
function yes<A, R>(value: A): Answer<A, R> {
  return Result.ok<Result<A, R>, Absence>(Result.ok<A, R>(value));
}

// @ts-ignore: decorator
@inline
function no<A, R>(refusal: R): Answer<A, R> {
  return Result.ok<Result<A, R>, Absence>(Result.err<A, R>(refusal));
}

/** Why the trees cannot be read, or empty: they can be, or are `behind`. */
function whyNotReady(): string {
  behind = false;
  if (phase == Phase.Failed) return storeFault;
  if (phase != Phase.Open) return progress();
  const caught = catchUp();
  behind = caught == Caught.Behind;
  return caught == Caught.NoRoom ? foldTrouble : "";
}

/** Whether the trees were catching up when `whyNotReady` was asked last. */
let behind: bool = false;

/** Links in the trees, of those that they will be of. */
function sofar(): Tuple2<u64, u64> {
  return new Tuple2<u64, u64>(foldedLinks, roundLinks);
}

/** Null where the newest trees can be read, which `out` is then about. */
function whyNotNow(): Refusal | null {
  const why = whyNotReady();
  if (why.length > 0) return Refusal.unavailable(why);
  if (behind) return Refusal.preparing(sofar());
  writeOf(false);
  return null;
}

/** Null where the trees of the height can be read, which `out` is then about; the newest for none. */
function whyNotAt(asked: Option<u64>): PastRefusal | null {
  const why = whyNotReady();
  if (why.length > 0) return PastRefusal.unavailable(why);
  if (behind) return PastRefusal.preparing(sofar());
  const height = asked.or(foldedHeight);
  if (height > heightNow()) {
    const now = heightNow();
    return PastRefusal.unknown(`the record has height ${now}, not ${height}`);
  }
  if (height > foldedHeight) {
    const come = `the trees have come to height ${foldedHeight}`;
    return PastRefusal.unavailable(come);
  }
  writeOf(height < foldedHeight);
  if (height == foldedHeight) return null;
  switch (askPast(<u32> height)) {
    case Past.Ready:
      return null;
    case Past.Preparing:
      return PastRefusal.preparing(
        new Tuple2<u64, u64>(pastLinks, pastLinksEnd),
      );
    case Past.Busy:
      return PastRefusal.busy(pastHeight);
    case Past.NoRoom:
      return PastRefusal.unavailable(pastTrouble);
    default:
      return PastRefusal.unknown(pastTrouble);
  }
}

function stateNow(): State {
  out.begin();
  writeState();
  const octets = out.list();
  out.end();
  return new State(treesHeight(), identityOf(octets), octets);
}

export function latest(): Answer<State, Refusal> {
  const refusal = whyNotNow();
  if (refusal !== null) return no<State, Refusal>(refusal);
  return yes<State, Refusal>(stateNow());
}

export function latestAt(height: u64): Answer<State, PastRefusal> {
  const refusal = whyNotAt(Option.some<u64>(height));
  if (refusal !== null) return no<State, PastRefusal>(refusal);
  return yes<State, PastRefusal>(stateNow());
}

function proofOf(
  index: u32,
  first: StaticArray<u8>,
  last: StaticArray<u8>,
): Proof {
  const covered = coveredEnd(treeOf(index), first, last);
  const root = stateRoot();
  out.begin();
  writeProof(index, first, covered);
  const proof = new Proof(treesHeight(), root, covered, out.list());
  out.end();
  return proof;
}

function faultOf(
  index: u32,
  first: StaticArray<u8>,
  last: StaticArray<u8>,
): string {
  return rangeFault(first, last, <u32> treeOf(index).namespaceOctets);
}

export function prove(
  index: Index,
  first: StaticArray<u8>,
  last: StaticArray<u8>,
): Answer<Proof, Refusal> {
  const fault = faultOf(index, first, last);
  if (fault.length > 0) return no<Proof, Refusal>(Refusal.malformed(fault));
  const refusal = whyNotNow();
  if (refusal !== null) return no<Proof, Refusal>(refusal);
  if (!keeps(index)) return no<Proof, Refusal>(Refusal.notKept());
  return yes<Proof, Refusal>(proofOf(index, first, last));
}

export function proveAt(
  height: u64,
  index: Index,
  first: StaticArray<u8>,
  last: StaticArray<u8>,
): Answer<Proof, PastRefusal> {
  const fault = faultOf(index, first, last);
  if (fault.length > 0) {
    return no<Proof, PastRefusal>(PastRefusal.malformed(fault));
  }
  const refusal = whyNotAt(Option.some<u64>(height));
  if (refusal !== null) return no<Proof, PastRefusal>(refusal);
  if (!keeps(index)) return no<Proof, PastRefusal>(PastRefusal.notKept());
  return yes<Proof, PastRefusal>(proofOf(index, first, last));
}

export function proveLink(
  height: Option<u64>,
  link: u64,
  place: Place,
): Answer<LinkProof, PastRefusal> {
  const refusal = whyNotAt(height);
  if (refusal !== null) return no<LinkProof, PastRefusal>(refusal);
  if (link >= links.length) {
    const count = links.length;
    return no<LinkProof, PastRefusal>(
      PastRefusal.malformed(`link ${link} of ${count}`),
    );
  }
  const root = stateRoot();
  out.begin();
  if (proveIn(<u32> link, place) == LinkProven.No) {
    return no<LinkProof, PastRefusal>(PastRefusal.unknown(linkProofFault));
  }
  const proof = new LinkProof(treesHeight(), root, out.list());
  out.end();
  return yes<LinkProof, PastRefusal>(proof);
}
