/**
 * Operations as people write them, made into those of a draft.
 *
 * Form is checked here; what a neuron has, and may move, is the graph's to
 * judge. A coin's name given as text is linked to the coin's token, so that
 * whoever sees the token can find the name and check it.
 */
import { Effect } from "effect";
import { identityOf, toHex, utf8 } from "../../kernel/crypto/mod.ts";
import { type Answer, type End, Refusal } from "../api.ts";
import type { OperationInput, OperationsReceipt } from "../api_views.ts";
import {
  AMOUNT_END,
  boxIdentity,
  cardIdentity,
  coinIdentity,
  type DraftLink,
  type Operation,
  OPERATIONS_MAX,
} from "../signals/mod.ts";
import { identityOctets } from "./answers.ts";

export const RULES = ["anybody", "authority", "nobody"] as const;

export interface DraftedOperations {
  readonly operations: ReadonlyArray<Operation>;
  /** Names of coins, linked to their tokens. */
  readonly links: ReadonlyArray<DraftLink>;
}

/** `links` is how many links the signal has beside those for names. */
export function draftOperations(
  inputs: ReadonlyArray<OperationInput>,
  neuron: Uint8Array,
  links: number,
): Answer<DraftedOperations> {
  return Effect.gen(function* () {
    if (inputs.length > OPERATIONS_MAX) {
      return yield* wrong(
        `a signal has at most ${OPERATIONS_MAX} operations`,
      );
    }
    const operations: Operation[] = [];
    const names: DraftLink[] = [];
    let boxed = -1;
    for (const [i, input] of inputs.entries()) {
      const one = yield* Effect.mapError(
        operationOf(input),
        ({ message, fix, kind }) =>
          new Refusal({
            kind,
            message: `operation ${i} (${input.op}): ${message}`,
            ...(fix === undefined ? {} : { fix }),
          }),
      );
      if (one.kind === "box") {
        if (one.link >= links) {
          return yield* wrong(`operation ${i}: there is no link ${one.link}`);
        }
        if (one.link <= boxed) {
          return yield* wrong(`operation ${i}: links of boxes must ascend`);
        }
        boxed = one.link;
      }
      if (input.op === "coin" && "text" in input.name && one.kind === "coin") {
        names.push({
          from: { content: utf8(input.name.text) },
          to: { identity: coinIdentity(neuron, one.name) },
          amount: 0n,
          valence: 0,
        });
      }
      operations.push(one);
    }
    return { operations, links: names };
  });
}

function operationOf(input: OperationInput): Answer<Operation> {
  return Effect.gen(function* () {
    switch (input.op) {
      case "coin": {
        const { cap = 0, rule = "anybody" } = input;
        return {
          kind: "coin",
          name: yield* particleOf(input.name),
          cap: cap === 0 ? 0n : yield* amountOf(cap),
          rule: RULES.indexOf(rule),
        };
      }
      case "mint":
      case "pay":
        return {
          kind: input.op,
          token: yield* identityOctets(input.token),
          to: yield* identityOctets(input.to),
          amount: yield* amountOf(input.amount),
        };
      case "lock":
      case "unlock":
        return { kind: input.op, amount: yield* amountOf(input.amount) };
      case "box":
        return { kind: "box", link: input.link };
      case "transfer":
      case "spend":
        return {
          kind: input.op,
          box: yield* identityOctets(input.box),
          to: yield* identityOctets(input.to),
        };
      case "withdraw":
        return { kind: "withdraw", box: yield* identityOctets(input.box) };
      case "card":
        return { kind: "card", particle: yield* particleOf(input.particle) };
      case "give":
        return {
          kind: "give",
          card: yield* identityOctets(input.card),
          to: yield* identityOctets(input.to),
        };
    }
  });
}

function particleOf(end: End): Answer<Uint8Array> {
  return "cid" in end
    ? identityOctets(end.cid)
    : Effect.succeed(identityOf(utf8(end.text)));
}

function amountOf(amount: number): Answer<bigint> {
  return Number.isSafeInteger(amount) && amount > 0 && amount < AMOUNT_END
    ? Effect.succeed(BigInt(amount))
    : wrong("an amount is a whole number from 1 to 2^48 - 1");
}

/** What they made, with the identities that only the signal's gives. */
export function madeBy(
  operations: ReadonlyArray<Operation>,
  neuron: Uint8Array,
  signal: Uint8Array,
): OperationsReceipt["made"] {
  return operations.flatMap((one, operation): OperationsReceipt["made"] => {
    switch (one.kind) {
      case "coin": {
        const id = toHex(coinIdentity(neuron, one.name));
        return [{ operation, kind: "coin", id }];
      }
      case "box":
      case "transfer": {
        const id = toHex(boxIdentity(signal, operation));
        return [{ operation, kind: "box", id }];
      }
      case "card": {
        const id = toHex(cardIdentity(one.particle, neuron));
        return [{ operation, kind: "card", id }];
      }
      default:
        return [];
    }
  });
}

function wrong(message: string): Effect.Effect<never, Refusal> {
  return Effect.fail(
    new Refusal({
      kind: "invalid",
      message,
      fix: "wit/cells/graph/operations.md says what operations there are",
    }),
  );
}
