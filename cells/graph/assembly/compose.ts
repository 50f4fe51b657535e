/**
 * Makes the body of a neuron's next signal of a draft. Changes nothing.
 *
 * Links keep the draft's order; tokens are sorted as the encoding asks. The
 * contents are those of the draft's texts that the store does not hold, each
 * once, in the order of first appearance.
 */
import { compare, copy32 } from "../../sdk/assembly/bytes";
import { nextStep, previous } from "./chains";
import {
  DRAFT_FROM,
  DRAFT_OCTETS,
  DRAFT_TO,
  DRAFT_TOKEN,
  DRAFT_WEIGHT,
  draftLinksUsed,
  draftOperationsAt,
  draftOperationsOctets,
  draftTokens,
  draftTokensUsed,
} from "./draft";
import {
  HASH_BLAKE3,
  IDENTITY_OCTETS,
  LINK_OCTETS,
  TOKENS_MAX,
} from "./limits";
import { draftLinks } from "./scratch";
import {
  AMOUNT_AT,
  bodyOctets,
  MAGIC,
  NETWORK_AT,
  NEURON_AT,
  PREVIOUS_AT,
  STEP_AT,
  TIME_AT,
  TO_AT,
  TOKEN_AT,
  TOKENS_AT,
  TOKENS_COUNT_AT,
  VALENCE_AT,
  Signal,
  VERSION,
  VERSION_OPERATIONS,
} from "./signal";
import { NEAR_MAX } from "./particles";
import { isHere } from "./stored";
import { particleIndex } from "./tables";
import { TEXT_FROM, TEXT_LENGTH, TEXT_OCTETS, textAt, texts } from "./texts";

/** Place of each token of the draft in the body's order. */
const order = new StaticArray<u8>(TOKENS_MAX);

/** Which rule the operations of the last body break; empty where none. */
export let bodyFault: string = "";

/** The body of the draft that was decoded last, behind the chain's end that was found last. */
export function buildBody(
  neuron: usize,
  network: usize,
  time: u64,
): StaticArray<u8> {
  const links = bodyOctets(draftTokensUsed, draftLinksUsed);
  const body = new StaticArray<u8>(links + draftOperationsOctets);
  const at = changetype<usize>(body);
  store<u32>(at, MAGIC);
  store<u8>(at, draftOperationsOctets > 0 ? VERSION_OPERATIONS : VERSION, 4);
  memory.copy(at + NETWORK_AT, network, IDENTITY_OCTETS);
  memory.copy(at + NEURON_AT, neuron, IDENTITY_OCTETS);
  store<u64>(at, nextStep, STEP_AT);
  memory.copy(at + PREVIOUS_AT, previous, IDENTITY_OCTETS);
  store<u64>(at, time, TIME_AT);
  store<u8>(at, <u8> draftTokensUsed, TOKENS_COUNT_AT);
  const linksAt = writeTokens(at + TOKENS_AT);
  store<u16>(linksAt - 2, <u16> draftLinksUsed);
  writeLinks(linksAt);
  bodyFault = "";
  if (draftOperationsOctets > 0) {
    memory.copy(at + links, draftOperationsAt, draftOperationsOctets);
    bodyFault = new Signal().decodeBody(at, body.length);
  }
  return body;
}

/** Writes the tokens in order; returns where the links begin. */
function writeTokens(at: usize): usize {
  for (let i: u32 = 0; i < draftTokensUsed; i++) {
    let below: u32 = 0;
    for (let j: u32 = 0; j < draftTokensUsed; j++) {
      if (compare(draftTokens[j], draftTokens[i], 32) < 0) below++;
    }
    order[i] = <u8> below;
    const token = at + below * IDENTITY_OCTETS;
    store<u8>(token, HASH_BLAKE3);
    copy32(token + 1, draftTokens[i]);
  }
  return at + draftTokensUsed * IDENTITY_OCTETS + 2;
}

function writeLinks(at: usize): void {
  let row = draftLinks.start;
  for (let i: u32 = 0; i < draftLinksUsed; i++) {
    store<u8>(at, HASH_BLAKE3);
    copy32(at + 1, load<u32>(row, DRAFT_FROM));
    store<u8>(at, HASH_BLAKE3, TO_AT);
    copy32(at + TO_AT + 1, load<u32>(row, DRAFT_TO));
    store<u8>(at, unchecked(order[load<u32>(row, DRAFT_TOKEN)]), TOKEN_AT);
    const weight = load<u32>(row, DRAFT_WEIGHT);
    store<u64>(at, load<u64>(weight), AMOUNT_AT);
    store<u8>(at, load<u8>(weight, 8), VALENCE_AT);
    at += LINK_OCTETS;
    row += DRAFT_OCTETS;
  }
}

/** The contents that the store does not hold, as `append` takes them. */
export function missingContents(): StaticArray<u8> {
  let octets: u32 = 0;
  for (let i: u32 = 0; i < texts; i++) {
    const text = textAt(i);
    if (i % NEAR_MAX == 0) {
      particleIndex.near(text, TEXT_OCTETS, min(NEAR_MAX, texts - i));
    }
    if (isHeld(text)) store<u32>(text, 0, TEXT_FROM);
    else octets += 4 + load<u32>(text, TEXT_LENGTH);
  }
  const list = new StaticArray<u8>(octets);
  let at = changetype<usize>(list);
  for (let i: u32 = 0; i < texts; i++) {
    const text = textAt(i);
    const from = load<u32>(text, TEXT_FROM);
    if (from == 0) continue;
    const length = load<u32>(text, TEXT_LENGTH);
    store<u32>(at, length);
    memory.copy(at + 4, from, length);
    at += 4 + length;
  }
  return list;
}

function isHeld(digest: usize): bool {
  const row = particleIndex.find(digest);
  return row != 0 && isHere(row - 1);
}
