/** The right to add to the record: `karyon:graph/ledger`. */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { hash } from "../../sdk/assembly/blake3";
import { equal, isZero, listOf } from "../../sdk/assembly/bytes";
import { appendAll, receipts } from "./append";
import { has, valueOf } from "./bookmarks";
import { findChain, nextStep, previous, setChain } from "./chains";
import { bodyFault, buildBody, missingContents } from "./compose";
import { decodeDraft, draftFault } from "./draft";
import {
  Bookmark,
  ChainEnd,
  Composed,
  Entry,
  Receipt,
  Refusal,
} from "./gen/ledger";
import { HASH_BLAKE3, IDENTITY_OCTETS } from "./limits";
import { shrinkScratch } from "./scratch";
import { whyNotOpen } from "./store";
import { network as ownNetwork } from "./superblock";
import { height } from "./tables";

function isIdentity(list: StaticArray<u8>): bool {
  return <u32> list.length == IDENTITY_OCTETS && list[0] == HASH_BLAKE3;
}

/** Before the first signal an end has zeros. */
function isChainEnd(end: ChainEnd): bool {
  const last = end.previous;
  if (<u32> last.length != IDENTITY_OCTETS) return false;
  if (end.nextStep > 0) return last[0] == HASH_BLAKE3;
  return isZero(changetype<usize>(last), IDENTITY_OCTETS);
}

export function head(neuron: StaticArray<u8>): ChainEnd {
  if (!isIdentity(neuron)) {
    return new ChainEnd(0, new StaticArray<u8>(IDENTITY_OCTETS));
  }
  findChain(changetype<usize>(neuron) + 1);
  return new ChainEnd(nextStep, listOf(previous, IDENTITY_OCTETS));
}

export function compose(
  neuron: StaticArray<u8>,
  network: StaticArray<u8>,
  time: u64,
  after: Option<ChainEnd>,
  draft: StaticArray<u8>,
): Result<Composed, Refusal> {
  const refusal = composeRefusal(neuron, network, after, draft);
  if (refusal !== null) {
    shrinkScratch();
    return Result.err<Composed, Refusal>(refusal);
  }
  if (after.isSome) {
    const end = after.value;
    setChain(end.nextStep, changetype<usize>(end.previous));
  } else findChain(changetype<usize>(neuron) + 1);
  const body = buildBody(
    changetype<usize>(neuron),
    changetype<usize>(network),
    time,
  );
  if (bodyFault.length > 0) {
    shrinkScratch();
    return Result.err<Composed, Refusal>(Refusal.malformed(bodyFault));
  }
  const id = new StaticArray<u8>(IDENTITY_OCTETS);
  id[0] = HASH_BLAKE3;
  hash(changetype<usize>(body), body.length, changetype<usize>(id) + 1);
  const composed = new Composed(body, missingContents(), id);
  return Result.ok<Composed, Refusal>(composed);
}

function composeRefusal(
  neuron: StaticArray<u8>,
  network: StaticArray<u8>,
  after: Option<ChainEnd>,
  draft: StaticArray<u8>,
): Refusal | null {
  const closed = whyNotOpen();
  if (closed.length > 0) return Refusal.unavailable(closed);
  if (!isIdentity(neuron)) {
    return Refusal.malformed("neuron is not an identity of 33 octets");
  }
  if (!isIdentity(network)) {
    return Refusal.malformed("network is not an identity of 33 octets");
  }
  if (after.isSome && !isChainEnd(after.value)) {
    return Refusal.malformed("after is not the end of a chain");
  }
  if (!decodeDraft(changetype<usize>(draft), draft.length)) {
    return Refusal.malformed(draftFault);
  }
  const ours = equal(changetype<usize>(network), ownNetwork, IDENTITY_OCTETS);
  return ours ? null : Refusal.wrongNetwork();
}

export function append(
  entries: Array<Entry>,
  note: Option<Bookmark>,
): Result<Array<Receipt>, Refusal> {
  const before = height();
  const refusal = appendAll(entries, note.isSome ? note.value : null);
  shrinkScratch();
  if (refusal !== null) return Result.err<Array<Receipt>, Refusal>(refusal);
  return Result.ok<Array<Receipt>, Refusal>(receipts(before));
}

export function recall(key: string): Option<string> {
  return has(key) ? Option.some<string>(valueOf(key)) : Option.none<string>();
}
