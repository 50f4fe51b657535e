/**
 * Karma, focus finality and spectral position in the words of `NodeApi`.
 *
 * The rank cell measures by numbers; the graph cell gives names to them, and says whom a
 * particle is in conflict with.
 */
import { Effect } from "effect";
import type { Connected } from "../../kernel/call/connect.ts";
import { toHex } from "../../kernel/crypto/mod.ts";
import type { Authors } from "../../wit/gen/graph_authors.ts";
import type { Link, Reads } from "../../wit/gen/graph_reads.ts";
import type { Measures, Spectrum } from "../../wit/gen/rank_measures.ts";
import { type Answer, Refusal } from "../api.ts";
import type {
  Conflict,
  FinalityReport,
  KarmaReport,
  MeasuresApi,
} from "../api_measures.ts";
import { type Called, given, identityOctets } from "./answers.ts";
import {
  CONFLICT_LINKS_MAX,
  EXPLAIN_AGAIN_MS,
  EXPLAIN_MS_MAX,
} from "./limits.ts";

const PAGE = 1000;
/** Names that the graph gives at once. */
const NAMES = 1000;

export interface MeasuresParts {
  readonly measures: Connected<Measures>;
  readonly authors: Connected<Authors>;
  readonly reads: Connected<Reads>;
}

export function measuresOver(parts: MeasuresParts): MeasuresApi {
  return {
    karma: (limit, of) => karma(parts, limit, of),
    finality: (cid, conflict, k) => finality(parts, cid, conflict, k),
    spectrum: (of) => spectrum(parts, of),
  };
}

function karma(
  { measures, authors }: MeasuresParts,
  limit: number,
  of?: string,
): Answer<KarmaReport> {
  return Effect.gen(function* () {
    const asked = of === undefined
      ? undefined
      : yield* known(authors.find(yield* identityOctets(of)), "neuron", of);
    const numbers = Uint32Array.from(asked === undefined ? [] : [asked]);
    const view = yield* given(measures.karma(numbers, limit));
    if (view === undefined) {
      return yield* new Refusal({
        kind: "unavailable",
        message: "no confirmed rank since the rank cell began",
        fix: "ask again in a moment: ranks are confirmed once links rest",
      });
    }
    const named = Uint32Array.from(view.top, ({ neuron }) => neuron);
    const ids = yield* given(authors.identities(named.subarray(0, NAMES)));
    return {
      version: Number(view.version),
      height: Number(view.height),
      links: Number(view.links),
      age_ms: Number(view.ageMs),
      neurons: view.neurons,
      total: view.total,
      of: of === undefined
        ? undefined
        : { neuron: of, karma: view.karma[0] ?? 0 },
      items: ids.map((id, at) => ({
        neuron: toHex(id),
        karma: view.top[at]?.karma ?? 0,
      })),
    };
  });
}

function finality(
  { measures, reads }: MeasuresParts,
  cid: string,
  conflict: Conflict,
  k: number,
): Answer<FinalityReport> {
  return Effect.gen(function* () {
    if ((conflict.in === undefined) === (conflict.among === undefined)) {
      return yield* invalid(
        "a conflict is in one particle, or among some: name one of both",
        "in=CID, or among=CID,CID",
      );
    }
    const own = yield* numberOf(reads, cid);
    const rivals = conflict.in === undefined
      ? yield* Effect.forEach(
        conflict.among ?? [],
        (one) => numberOf(reads, one),
      )
      : yield* targets(reads, yield* numberOf(reads, conflict.in));
    const set = new Set(rivals);
    if (conflict.in !== undefined && !set.has(own)) {
      return yield* invalid(
        "no axon leads from that particle to this one",
        "name a particle that leads to it, or its rivals with among",
      );
    }
    const numbers = Uint32Array.from(set.add(own));
    const judgement = yield* given(measures.finality(own, numbers, k));
    if (judgement.tag === "unranked") {
      return yield* new Refusal({
        kind: "not-found",
        message: "the particle has no published focus",
      });
    }
    if (judgement.tag === "invalid") {
      return yield* invalid("k is from 1 to 2", "leave it away for 1.5");
    }
    const { version, height, links, scoreMax, ...rest } = judgement.val;
    return {
      ...rest,
      cid,
      k,
      version: Number(version),
      height: Number(height),
      links: Number(links),
      unranked: numbers.length - rest.members,
      score_max: scoreMax,
    };
  });
}

/** Where axons of positive weight lead to from a particle, but not to itself. */
function targets(
  reads: Connected<Reads>,
  origin: number,
): Answer<ReadonlyArray<number>> {
  return Effect.gen(function* () {
    const net = new Map<number, bigint>();
    let cursor: bigint | undefined;
    for (let seen = 0;;) {
      const page = yield* given(reads.links(origin, "outward", cursor, PAGE));
      for (const link of page.links) add(net, link);
      seen += page.links.length;
      cursor = page.next;
      if (cursor === undefined) break;
      if (seen < CONFLICT_LINKS_MAX) continue;
      return yield* invalid(
        `more than ${CONFLICT_LINKS_MAX} links start at that particle`,
        "name the rivals with among",
      );
    }
    net.delete(origin);
    return [...net].flatMap(([target, sum]) => sum > 0n ? [target] : []);
  });
}

function add(net: Map<number, bigint>, link: Link): void {
  const amount = link.valence < 0 ? -link.amount : link.amount;
  net.set(link.target, (net.get(link.target) ?? 0n) + amount);
}

function spectrum(
  { measures, reads }: MeasuresParts,
  of: ReadonlyArray<string>,
) {
  return Effect.gen(function* () {
    const some = yield* Effect.forEach(of, (cid) => numberOf(reads, cid));
    const ask = given(measures.position(Uint32Array.from(some)));
    const found = yield* untilComputed(ask);
    return {
      version: Number(found.version),
      height: Number(found.height),
      links: Number(found.links),
      rounds: found.residuals.length,
      residual: found.residuals.at(-1) ?? 0,
      rate: found.rate,
      spread: found.spread,
      drift: found.drift,
      residuals: [...found.residuals],
      positions: of.map((cid, at) => ({
        cid,
        position: found.positions[at] ?? 0,
      })),
    };
  });
}

type Outcome =
  | { readonly tag: "computed"; readonly val: Spectrum }
  | { readonly tag: "preparing"; readonly val: number }
  | { readonly tag: "no-memory" };

/** Asks again while the rank cell computes; after a while how far it is. */
function untilComputed(ask: Answer<Outcome>): Answer<Spectrum> {
  const waited = Effect.gen(function* () {
    while (true) {
      const outcome = yield* ask;
      if (outcome.tag !== "preparing") return outcome;
      yield* Effect.sleep(EXPLAIN_AGAIN_MS);
    }
  }).pipe(
    Effect.timeoutOrElse({ duration: EXPLAIN_MS_MAX, orElse: () => ask }),
  );
  return Effect.flatMap(waited, (outcome) => {
    if (outcome.tag === "computed") return Effect.succeed(outcome.val);
    const why = outcome.tag === "preparing"
      ? `still being computed: ${outcome.val} rounds so far`
      : "too large for the memory of the rank cell";
    return Effect.fail(
      new Refusal({
        kind: "unavailable",
        message: `the spectral position is ${why}`,
        fix: "ask again in a moment",
      }),
    );
  });
}

function numberOf(reads: Connected<Reads>, cid: string): Answer<number> {
  return Effect.flatMap(
    identityOctets(cid),
    (id) => known(reads.find(id), "particle", cid),
  );
}

function known(
  call: Called<number | undefined>,
  kind: string,
  cid: string,
): Answer<number> {
  return Effect.flatMap(
    given(call),
    (number) =>
      number === undefined
        ? Effect.fail(
          new Refusal({
            kind: "not-found",
            message: kind === "neuron"
              ? `no neuron ${cid} has signed anything`
              : "no link touches such a particle",
          }),
        )
        : Effect.succeed(number),
  );
}

function invalid(message: string, fix: string): Answer<never> {
  return Effect.fail(new Refusal({ kind: "invalid", message, fix }));
}
