/**
 * What the links to an explained particle have earned, and whose they are.
 *
 * A link earns the part of its origin's focus that diffusion carries over it (decision
 * 0057): of an axon that is the explanation's own figure without the operator's share,
 * and its links have parts of it by amount. Links for it are those that add weight.
 *
 * Deliberately absent: karma of a focus from some particles, which nobody earns.
 */
import { Effect } from "effect";
import type { Connected } from "../../kernel/call/connect.ts";
import { fromHex, toHex } from "../../kernel/crypto/mod.ts";
import type { Authors } from "../../wit/gen/graph_authors.ts";
import type { Link, Reads } from "../../wit/gen/graph_reads.ts";
import type { Measures } from "../../wit/gen/rank_measures.ts";
import type { Answer, Earned, Earning, Explanation } from "../api.ts";
import { given } from "./answers.ts";
import { EARNED_LINKS_MAX, EARNERS_MAX } from "./limits.ts";

const FOLLOW = 0.85;
const PAGE = 1000;

export interface EarnedParts {
  readonly measures: Connected<Measures>;
  readonly authors: Connected<Authors>;
  readonly reads: Connected<Reads>;
}

/** The explanation with karma; without it where a cell does not answer. */
export function withKarma(
  parts: EarnedParts,
  found: Explanation,
): Answer<Explanation> {
  return earned(parts, found).pipe(
    Effect.map((karma): Explanation => ({ ...found, karma })),
    Effect.catch(() => Effect.succeed(found)),
  );
}

function earned(parts: EarnedParts, found: Explanation): Answer<Earned> {
  return Effect.gen(function* () {
    const { contributions, rest, share, mass } = found;
    const total = [...contributions, rest].reduce(
      (sum, { diffusion }) => sum + diffusion,
      0,
    ) * mass / (share * FOLLOW);
    const links = yield* linksTo(parts.reads, found);
    if (links === undefined) return { total };
    const neurons = byNeuron(found, links);
    const most = neurons.slice(0, EARNERS_MAX);
    return { total, neurons: yield* withWhole(parts, most) };
  });
}

/** The links to the particle, by the identity of their origin; none where there are too many. */
function linksTo(reads: Connected<Reads>, found: Explanation) {
  return Effect.gen(function* () {
    const origins = new Map<number, string>();
    for (const { direction, other: { cid } } of found.contributions) {
      if (direction !== "in") continue;
      const number = yield* numberOf(reads, cid);
      if (number !== undefined) origins.set(number, cid);
    }
    const links = new Map<string, Link[]>();
    const own = yield* numberOf(reads, found.particle.cid);
    if (own === undefined || origins.size === 0) return links;
    let cursor: bigint | undefined;
    for (let seen = 0; seen < EARNED_LINKS_MAX;) {
      const page = yield* given(reads.links(own, "inward", cursor, PAGE));
      for (const link of page.links) {
        const origin = origins.get(link.origin);
        if (origin === undefined || Number(link.index) >= found.links) continue;
        const known = links.get(origin) ?? [];
        known.push(link);
        links.set(origin, known);
      }
      seen += page.links.length;
      cursor = page.next;
      if (cursor === undefined) return links;
    }
    return undefined;
  });
}

function numberOf(reads: Connected<Reads>, cid: string) {
  return given(reads.find(fromHex(cid) ?? new Uint8Array()));
}

/** The highest first, ties by identity. */
function byNeuron(
  found: Explanation,
  links: ReadonlyMap<string, ReadonlyArray<Link>>,
): Earning[] {
  const sums = new Map<string, number>();
  for (const { direction, other, weight, out } of found.contributions) {
    if (direction !== "in") continue;
    const own = (links.get(other.cid) ?? []).filter(({ valence }) =>
      valence >= 0
    );
    const whole = own.reduce((sum, { amount }) => sum + Number(amount), 0);
    for (const { neuron, amount } of own) {
      if (amount === 0n) continue;
      const name = toHex(neuron);
      const part = other.focus * (weight / out) * (Number(amount) / whole);
      sums.set(name, (sums.get(name) ?? 0) + part);
    }
  }
  return [...sums]
    .map(([neuron, sum]) => ({ neuron, earned: sum }))
    .sort((a, b) => b.earned - a.earned || (a.neuron < b.neuron ? -1 : 1));
}

/** With the karma of each, where a confirmed rank has it. */
function withWhole(
  { measures, authors }: EarnedParts,
  earnings: ReadonlyArray<Earning>,
): Answer<ReadonlyArray<Earning>> {
  return Effect.gen(function* () {
    const numbers: number[] = [];
    for (const { neuron } of earnings) {
      const id = fromHex(neuron) ?? new Uint8Array();
      const number = yield* given(authors.find(id));
      if (number === undefined) return earnings;
      numbers.push(number);
    }
    const view = yield* given(measures.karma(Uint32Array.from(numbers), 0));
    if (view === undefined) return earnings;
    return earnings.map((one, at) => ({ ...one, karma: view.karma[at] }));
  });
}
