/**
 * The malformed documents of the proposal vectors, each wrong in one way.
 *
 * Offsets follow `kernel/governance/ENCODING.md`. The swap activates at a time
 * and names the cell `rank`; the other proposals are a set-policy and a withdraw.
 */
import { concatOctets, toHex, utf8 } from "../kernel/crypto/mod.ts";

const NOTE_LENGTH_AT = 179;
const NOTE_AT = 181;

interface MalformedProposal {
  readonly name: string;
  readonly offset: number;
  readonly document: string;
}

export function malformedProposals(
  swap: Uint8Array,
  setPolicy: Uint8Array,
  withdraw: Uint8Array,
): readonly MalformedProposal[] {
  const set = (
    name: string,
    offset: number,
    values: readonly number[],
    at = offset,
    from = swap,
  ): MalformedProposal => {
    const copy = from.slice();
    copy.set(values, at);
    return { name, offset, document: toHex(copy) };
  };
  const made = (name: string, offset: number, octets: Uint8Array) => ({
    name,
    offset,
    document: toHex(octets),
  });
  const zeros = Array.from({ length: 33 }, () => 0);
  return [
    made("empty", 0, new Uint8Array()),
    set("magic_unknown", 0, [0x6b]),
    set("version_unknown", 4, [2]),
    set("action_zero", 5, [0]),
    set("action_unknown", 5, [9]),
    set("flag_unknown", 6, [2]),
    set("downgrade_of_policy", 6, [1], 6, setPolicy),
    set("network_none", 7, zeros),
    set("network_hash_id_unknown", 7, [2]),
    set("swap_without_component", 40, zeros),
    set("policy_with_component", 40, [1], 40, setPolicy),
    set("replaces_hash_id_unknown", 106, [9]),
    set("activation_unknown", 139, [3]),
    set("value_without_activation", 140, [0], 139),
    set("expiry_before_activation", 148, zeros.slice(0, 8)),
    set("cell_empty", 172, [0]),
    set("policy_names_a_cell", 172, [1], 172, setPolicy),
    set("cell_upper_case", 173, [0x52]),
    set("cell_path_trick", 173, [...utf8("../x")]),
    set("swap_with_argument", 177, [1]),
    made(
      "swap_with_a_report_that_is_no_hash",
      179,
      concatOctets([
        swap.slice(0, 177),
        Uint8Array.of(33, 0),
        new Uint8Array(33),
        swap.slice(179),
      ]),
    ),
    set("withdraw_with_component", 40, [1], 40, withdraw),
    set("withdraw_that_waits", 139, [2], 139, withdraw),
    set("withdraw_names_a_cell", 172, [1], 172, withdraw),
    set("withdraw_of_nothing", 173, [0], 173, withdraw),
    set("withdraw_of_what_is_no_id", 175, [2], 175, withdraw),
    set("note_too_long", NOTE_LENGTH_AT, [1, 4]),
    set("note_not_utf8", NOTE_AT, [0xff]),
    set("note_control_character", NOTE_AT, [27, 27]),
    made("note_cut", NOTE_AT, swap.slice(0, -1)),
    made(
      "octet_after_end",
      swap.length,
      concatOctets([swap, Uint8Array.of(0)]),
    ),
  ];
}
