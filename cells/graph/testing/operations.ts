/**
 * Operations as octets, written down once more from `encodings.md`.
 *
 * Apart from the cell and from the node's codec, so that a mistake has to be
 * made twice to go unseen.
 */
import { identityOf, joined, number, utf8 } from "./octets.ts";

type Id = Uint8Array;

export type Operation =
  | {
    readonly kind: "coin";
    readonly name: Id;
    readonly cap: bigint;
    readonly rule: number;
  }
  | {
    readonly kind: "mint" | "pay";
    readonly token: Id;
    readonly to: Id;
    readonly amount: bigint;
  }
  | { readonly kind: "lock" | "unlock"; readonly amount: bigint }
  | { readonly kind: "box"; readonly link: number }
  | { readonly kind: "transfer" | "spend"; readonly box: Id; readonly to: Id }
  | { readonly kind: "withdraw"; readonly box: Id }
  | { readonly kind: "card"; readonly particle: Id }
  | { readonly kind: "give"; readonly card: Id; readonly to: Id };

const KINDS: readonly Operation["kind"][] = [
  "coin",
  "mint",
  "pay",
  "lock",
  "unlock",
  "box",
  "transfer",
  "withdraw",
  "spend",
  "card",
  "give",
];

function fieldsOf(operation: Operation): Uint8Array[] {
  switch (operation.kind) {
    case "coin":
      return [
        operation.name,
        number(operation.cap, 8),
        number(operation.rule, 1),
      ];
    case "mint":
    case "pay":
      return [operation.token, operation.to, number(operation.amount, 8)];
    case "lock":
    case "unlock":
      return [number(operation.amount, 8)];
    case "box":
      return [number(operation.link, 2)];
    case "transfer":
    case "spend":
      return [operation.box, operation.to];
    case "withdraw":
      return [operation.box];
    case "card":
      return [operation.particle];
    case "give":
      return [operation.card, operation.to];
  }
}

/** Their number, then each one: kind and fields. */
export function operationsOf(operations: readonly Operation[]): Uint8Array {
  return joined([
    number(operations.length, 2),
    ...operations.flatMap((one) => [
      number(1 + KINDS.indexOf(one.kind), 1),
      ...fieldsOf(one),
    ]),
  ]);
}

export function tokenOf(authority: Id, name: Id): Id {
  return identityOf(joined([utf8("karyon coin:"), authority, name]));
}

/** The output that operation `index` of the signal makes. */
export function outputOf(signal: Id, index: number): Id {
  return identityOf(
    joined([utf8("karyon output:"), signal, number(index, 2)]),
  );
}

export function nullifierOf(output: Id): Id {
  return identityOf(joined([utf8("karyon nullifier:"), output]));
}

export function cardOf(particle: Id, creator: Id): Id {
  return identityOf(joined([particle, creator]));
}
