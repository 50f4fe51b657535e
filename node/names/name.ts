/**
 * Which particles and which card a path stands for.
 *
 * The space of a neuron is the neuron itself. A name below a directory is the
 * axon from the directory to the particle of its segment; it is the directory
 * of the names below it. Its card is the one that the neuron made of it: who
 * owns the card says what the name stands for, by links from the card.
 */
import { identityOf, utf8 } from "../../kernel/crypto/mod.ts";
import { axonIdentity, cardIdentity } from "../signals/mod.ts";

export interface NameStep {
  readonly segment: string;
  /** Particle of the segment's text. */
  readonly particle: Uint8Array;
  /** What the name is below. */
  readonly above: Uint8Array;
  /** The name itself, and the directory of the names below it. */
  readonly axon: Uint8Array;
  readonly card: Uint8Array;
}

/** One step for each segment. */
export function stepsOf(
  neuron: Uint8Array,
  segments: ReadonlyArray<string>,
): ReadonlyArray<NameStep> {
  let above = neuron;
  return segments.map((segment) => {
    const particle = identityOf(utf8(segment));
    const step = { segment, above, ...nameBelow(neuron, above, particle) };
    above = step.axon;
    return step;
  });
}

/** The name that a directory of the neuron has for a particle. */
export function nameBelow(
  neuron: Uint8Array,
  above: Uint8Array,
  particle: Uint8Array,
): Pick<NameStep, "particle" | "axon" | "card"> {
  const axon = axonIdentity(above, particle);
  return { particle, axon, card: cardIdentity(axon, neuron) };
}
