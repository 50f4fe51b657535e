/**
 * Golden signals with operations, and bodies that break one of their rules.
 *
 * One of each kind but lock and unlock, which need a network with rules. The
 * state behind them is the model's (cells/graph/model), apart from the cell.
 */
import { GraphModel } from "../cells/graph/model/graph_model.ts";
import { StateModel } from "../cells/graph/model/state_model.ts";
import {
  boxIdentity,
  cardIdentity,
  coinIdentity,
  composeBody,
  decodeBody,
  DEFAULT_TOKEN,
  type DraftLink,
  encodeDraft,
  NO_PREVIOUS,
  nullifierIdentity,
  type Operation,
  signalIdentity,
} from "../node/signals/mod.ts";
import { concatOctets, identityOf, toHex, utf8 } from "../kernel/crypto/mod.ts";
import { Result } from "effect";
import type { MalformedSignal } from "./vectors_graph_malformed.ts";

const STRANGER = identityOf(utf8("a stranger"));
const NAME = identityOf(utf8("karyon"));
const TIME = 1_796_000_100_000n;

interface Step {
  readonly links: readonly DraftLink[];
  readonly operations: readonly Operation[];
}

interface Made extends Step {
  readonly body: Uint8Array;
  readonly id: Uint8Array;
}

function link(token: Uint8Array, amount: bigint): DraftLink {
  const to = { identity: identityOf(utf8("nucleus")) };
  return { from: { identity: NAME }, to, token, amount, valence: 1 };
}

/** The steps of one neuron; each may name what the ones before it made. */
function steps(neuron: Uint8Array, before: readonly Made[]): Step {
  const token = coinIdentity(neuron, NAME);
  const boxes = (index: number) => boxIdentity(before[2]!.id, index);
  switch (before.length) {
    case 0:
      return {
        links: [link(DEFAULT_TOKEN, 0n)],
        operations: [
          { kind: "coin", name: NAME, cap: 1_000_000n, rule: 1 },
          { kind: "card", particle: NAME },
        ],
      };
    case 1:
      return {
        links: [],
        operations: [
          { kind: "mint", token, to: neuron, amount: 900n },
          { kind: "mint", token, to: STRANGER, amount: 100n },
        ],
      };
    case 2:
      return {
        links: [10n, 20n, 30n].map((amount) => link(token, amount)),
        operations: [0, 1, 2].map((index) => ({ kind: "box", link: index })),
      };
    default:
      return {
        links: [],
        operations: [
          { kind: "transfer", box: boxes(0), to: STRANGER },
          { kind: "withdraw", box: boxes(1) },
          { kind: "spend", box: boxes(2), to: STRANGER },
          { kind: "pay", token, to: STRANGER, amount: 1n },
          { kind: "give", card: cardIdentity(NAME, neuron), to: STRANGER },
        ],
      };
  }
}

const STEPS = 4;

export interface Place {
  readonly network: Uint8Array;
  readonly neuron: Uint8Array;
}

function signalsOf({ network, neuron }: Place): readonly Made[] {
  const made: Made[] = [];
  while (made.length < STEPS) {
    const step = steps(neuron, made);
    const place = {
      network,
      neuron,
      step: BigInt(made.length),
      previous: made.at(-1)?.id ?? NO_PREVIOUS,
      time: TIME + BigInt(made.length),
    };
    const { body } = composeBody(place, step.links, step.operations);
    made.push({ ...step, body, id: signalIdentity(body) });
  }
  return made;
}

/** The state that a record with just these signals has. */
function stateOf(place: Place, made: readonly Made[]): StateModel {
  const model = new GraphModel(place.network);
  for (const { body } of made) {
    const decoded = Result.getOrThrow(decodeBody(body));
    const links = decoded.links.map((one) => ({
      ...one,
      token: decoded.tokens[one.token]!,
    }));
    model.apply([{ signal: { ...decoded, links }, contents: [] }]);
  }
  return new StateModel(model);
}

export function operationVectors(place: Place) {
  const made = signalsOf(place);
  const state = stateOf(place, made);
  const box = boxIdentity(made[2]!.id, 0);
  return {
    about: "Signals of version 2 of one neuron on an empty store, without " +
      "signatures and contents. `body` is what compose gives for `draft`; " +
      "`state` is that behind the last one.",
    identities: {
      coin: toHex(coinIdentity(place.neuron, NAME)),
      box: toHex(box),
      nullifier: toHex(nullifierIdentity(box)),
      card: toHex(cardIdentity(NAME, place.neuron)),
    },
    signals: made.map(({ links, operations, body, id }, index) => ({
      time: Number(TIME) + index,
      operations: operations.map(({ kind }) => kind),
      draft: toHex(encodeDraft(links, operations)),
      body: toHex(body),
      id: toHex(id),
    })),
    state: {
      height: STEPS,
      octets: toHex(state.octets),
      root: toHex(state.root),
    },
  };
}

/** Octets before the tokens, of a token, of a link, and before operations. */
const HEAD = 121;
const TOKEN = 33;
const LINK = 76;

export function malformedOperations(place: Place): readonly MalformedSignal[] {
  const [coin, mint, boxes] = signalsOf(place).map(({ body }) => body) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const broken = (
    name: string,
    from: Uint8Array,
    offset: number,
    change: (octets: Uint8Array) => Uint8Array | void,
  ): MalformedSignal => {
    const copy = from.slice();
    return { name, offset, body: toHex(change(copy) ?? copy) };
  };
  const set = (at: number, ...values: number[]) => (octets: Uint8Array) =>
    octets.set(values, at);
  const inCoin = HEAD + TOKEN + 2 + LINK + 2;
  const inMint = HEAD + 2 + 2;
  const inBoxes = HEAD + TOKEN + 2 + 3 * LINK + 2;
  const amountOf = (index: number) => HEAD + TOKEN + 2 + index * LINK + 67;
  return [
    broken(
      "operations_missing",
      coin,
      inCoin - 2,
      (o) => o.slice(0, inCoin - 2),
    ),
    broken("operations_none", coin, inCoin - 2, set(inCoin - 2, 0)),
    broken("operations_above_limit", coin, inCoin - 2, set(inCoin - 2, 1, 4)),
    broken("operation_kind_0", coin, inCoin, set(inCoin, 0)),
    broken("operation_kind_12", coin, inCoin, set(inCoin, 12)),
    broken("operation_name_hash_id", coin, inCoin + 1, set(inCoin + 1, 2)),
    broken("operation_cap_2_to_48", coin, inCoin + 34, set(inCoin + 40, 1)),
    broken("operation_rule_3", coin, inCoin + 42, set(inCoin + 42, 3)),
    broken("operation_to_hash_id", mint, inMint + 34, set(inMint + 34, 0)),
    broken(
      "operation_amount_0",
      mint,
      inMint + 67,
      (o) => o.fill(0, inMint + 67, inMint + 75) && o,
    ),
    broken("operation_amount_2_to_48", mint, inMint + 67, set(inMint + 73, 1)),
    broken("operation_cut", mint, mint.length - 8, (o) => o.slice(0, -1)),
    broken("box_link_out_of_range", boxes, inBoxes + 7, set(inBoxes + 7, 3)),
    broken("box_links_not_ascending", boxes, inBoxes + 4, set(inBoxes + 4, 0)),
    broken("box_link_without_amount", boxes, inBoxes + 4, (o) => {
      o.fill(0, amountOf(1), amountOf(1) + 8);
    }),
    broken("version_1_with_operations_after_end", coin, inCoin - 2, set(4, 1)),
    broken(
      "operations_octet_after_end",
      mint,
      mint.length,
      (o) => concatOctets([o, Uint8Array.of(0)]),
    ),
  ];
}
