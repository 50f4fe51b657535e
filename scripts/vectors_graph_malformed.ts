/**
 * The malformed bodies of the signal vectors: a good one, broken in one way.
 *
 * Offsets follow `wit/cells/graph/encodings.md`. The first body has two tokens
 * and three links, the second one token, one link and a previous signal.
 */
import { concatOctets, toHex } from "../kernel/crypto/mod.ts";

const TOKENS_AT = 121;
const TWO_TOKENS = 2 * 33;
const LINKS_COUNT_AT = TOKENS_AT + TWO_TOKENS;
const LINK_AT = LINKS_COUNT_AT + 2;
const LINK_OCTETS = 76;

export interface MalformedSignal {
  readonly name: string;
  readonly offset: number;
  readonly body: string;
}

export function malformedSignals(
  first: Uint8Array,
  second: Uint8Array,
): readonly MalformedSignal[] {
  const broken = (
    name: string,
    offset: number,
    change: (octets: Uint8Array) => Uint8Array | void,
    from = first,
  ): MalformedSignal => {
    const copy = from.slice();
    return { name, offset, body: toHex(change(copy) ?? copy) };
  };
  const set = (at: number, ...values: number[]) => (octets: Uint8Array) =>
    octets.set(values, at);
  const cut = (length: number) => (octets: Uint8Array) =>
    octets.slice(0, length);
  return [
    broken("empty", 0, cut(0)),
    broken("magic_unknown", 0, set(0, 0x6b)),
    broken("version_unknown", 4, set(4, 3)),
    broken("network_hash_id_unknown", 5, set(5, 2)),
    broken("neuron_hash_id_zero", 38, set(38, 0)),
    broken("previous_not_zero_at_step_0", 79, set(111, 1)),
    broken(
      "previous_zero_at_step_1",
      79,
      (o) => o.fill(0, 79, 112) && o,
      second,
    ),
    broken("tokens_none", 120, set(120, 0)),
    broken("tokens_not_ascending", TOKENS_AT + 33, swapTokens),
    broken("tokens_repeated", TOKENS_AT + 33, (o) => {
      o.copyWithin(TOKENS_AT + 33, TOKENS_AT, TOKENS_AT + 33);
    }),
    broken("token_unused", TOKENS_AT, useOnlyToken(1)),
    broken("token_hash_id_unknown", TOKENS_AT, set(TOKENS_AT, 0)),
    broken("links_none", LINKS_COUNT_AT, (o) => {
      o.set([0, 0], LINKS_COUNT_AT);
      return o.slice(0, LINK_AT);
    }),
    broken("links_above_limit", LINKS_COUNT_AT, set(LINKS_COUNT_AT, 1, 16)),
    broken("link_from_hash_id_unknown", LINK_AT, set(LINK_AT, 3)),
    broken("link_to_hash_id_unknown", LINK_AT + 33, set(LINK_AT + 33, 2)),
    broken("link_token_out_of_range", LINK_AT + 66, set(LINK_AT + 66, 2)),
    broken("link_amount_2_to_48", LINK_AT + 67, (o) => {
      o.set([0, 0, 0, 0, 0, 0, 1, 0], LINK_AT + 67);
    }),
    broken("link_valence_2", LINK_AT + 75, set(LINK_AT + 75, 2)),
    broken("link_valence_minus_2", LINK_AT + 75, set(LINK_AT + 75, 0xfe)),
    broken("link_cut", LINK_AT + 2 * LINK_OCTETS + 75, cut(first.length - 1)),
    broken(
      "link_missing",
      LINK_AT + 2 * LINK_OCTETS,
      cut(first.length - LINK_OCTETS),
    ),
    broken(
      "octet_after_end",
      first.length,
      (o) => concatOctets([o, Uint8Array.of(0)]),
    ),
  ];
}

function swapTokens(octets: Uint8Array): void {
  const first = octets.slice(TOKENS_AT, TOKENS_AT + 33);
  octets.copyWithin(TOKENS_AT, TOKENS_AT + 33, TOKENS_AT + TWO_TOKENS);
  octets.set(first, TOKENS_AT + 33);
}

function useOnlyToken(token: number): (octets: Uint8Array) => void {
  return (octets) => {
    for (let link = 0; link < 3; link += 1) {
      octets[LINK_AT + link * LINK_OCTETS + 66] = token;
    }
  };
}
