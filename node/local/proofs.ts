/** The graph cell's state and proofs in the words of `NodeApi`. */
import { Effect } from "effect";
import type { Index, Proof, Proofs } from "../../wit/gen/graph_proofs.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import { fromHex, toHex } from "../../kernel/crypto/mod.ts";
import { type NodeApi, type ProofReport, Refusal } from "../api.ts";
import { made } from "./proof_answers.ts";
import { pastProofsOver } from "./past_proofs.ts";

const INDEXES: ReadonlyArray<Index> = [
  "by-neuron",
  "by-particle",
  "focus",
  "balance",
  "coins",
  "cards",
];

/** Digits of one identity. */
const DIGITS = 66;

/** The part of the API that proves. */
export function proofsOver(
  proofs: Connected<Proofs>,
): Pick<NodeApi, "state" | "proof" | "stateAt" | "proofAt" | "linkProof"> {
  return {
    ...pastProofsOver(proofs),
    state: () =>
      Effect.map(made(proofs.latest()), ({ height, root, octets }) => ({
        height: Number(height),
        root: toHex(root),
        octets: octets.toBase64(),
      })),
    proof: (name, from, to) =>
      Effect.gen(function* () {
        const { index, first, last } = yield* rangeOf(name, from, to);
        const proof = yield* made(proofs.prove(index, first, last));
        return proofReport(index, first, last, proof);
      }),
  };
}

/** The index and the ends of a range, as octets. */
export const rangeOf = Effect.fnUntraced(
  function* (name: string, from: string, to: string) {
    const index = INDEXES.find((known) => known === name);
    if (index === undefined) {
      return yield* invalid(`there is no index ${name}`);
    }
    const ends = [wholeEnd(index, from, "00"), wholeEnd(index, to, "ff")];
    const [first, last] = ends.map(fromHex);
    if (first === undefined || last === undefined) {
      return yield* invalid("a namespace is 66 hexadecimal digits");
    }
    return { index, first, last };
  },
);

export function proofReport(
  index: Index,
  first: Uint8Array,
  last: Uint8Array,
  proof: Proof,
): ProofReport {
  return {
    index,
    height: Number(proof.height),
    root: toHex(proof.root),
    from: toHex(first),
    to: toHex(proof.last),
    complete: toHex(proof.last) === toHex(last),
    octets: proof.octets.toBase64(),
  };
}

/** A balance's namespace is a neuron and a token: a neuron means all its tokens. */
function wholeEnd(index: Index, end: string, octet: string): string {
  const short = index === "balance" && end.length === DIGITS;
  return short ? end + octet.repeat(DIGITS / 2) : end;
}

function invalid(message: string): Refusal {
  return new Refusal({ kind: "invalid", message });
}
