/**
 * The proof of one link, slow and obvious: written from `state.md`, apart from
 * the cell and from the verifier.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { hex, joined, number } from "../testing/signals.ts";
import type { GraphModel } from "./graph_model.ts";
import type { StateModel } from "./state_model.ts";

export const PLACES = ["neuron", "from", "to"] as const;
export type Place = typeof PLACES[number];

/** What a link is hashed from. */
export function linkOctets(link: GraphModel["links"][number]): Uint8Array {
  return joined([
    link.neuron,
    link.from,
    link.to,
    link.token,
    number(link.amount, 8),
    number(link.valence, 1),
    number(link.height, 8),
  ]);
}

/** Link `index` of the model, among those of one of its namespaces. */
export function linkProof(
  model: GraphModel,
  state: StateModel,
  index: number,
  place: Place,
): Uint8Array {
  const link = model.links[index]!;
  const namespace = link[place];
  const wanted = hex(namespace);
  const among = model.links.map((one, i) => ({ one, i })).filter(({ one }) =>
    place === "neuron"
      ? hex(one.neuron) === wanted
      : hex(one.from) === wanted || hex(one.to) === wanted
  );
  const hashes = among.map(({ one }) => blake3(linkOctets(one)));
  const at = among.findIndex(({ i }) => i === index);
  const before = hashes.slice(0, at).reduce<Uint8Array>(
    (links, hash) => blake3(joined([links, hash])),
    new Uint8Array(32),
  );
  const behind = hashes.slice(at + 1);
  return joined([
    new TextEncoder().encode("KLNK"),
    Uint8Array.of(1, PLACES.indexOf(place)),
    linkOctets(link),
    before,
    number(behind.length, 4),
    ...behind,
    state.proof(
      place === "neuron" ? "by-neuron" : "by-particle",
      namespace,
      namespace,
    ),
  ]);
}
