/**
 * An explanation in the words of `NodeApi`, asked for until it is computed.
 */
import { Effect } from "effect";
import type {
  Answers,
  Explained,
  ExplainedFrom,
} from "../../wit/gen/query_answers.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import type { CallRefused, CellGone } from "../../kernel/call/errors.ts";
import { toHex } from "../../kernel/crypto/mod.ts";
import type { Answer, Explanation, NodeApi } from "../api.ts";
import { brief, type CellResult, identityOctets, plain } from "./answers.ts";
import { type EarnedParts, withKarma } from "./earned.ts";
import { untilThere } from "./personal.ts";
import { EXPLAIN_AGAIN_MS, EXPLAIN_MS_MAX } from "./limits.ts";

/** The part of the API that the rank cell answers by way of the query cell. */
export function explanationsOver(
  query: Connected<Answers>,
  parts: EarnedParts,
): Pick<NodeApi, "explain"> {
  return {
    explain: (cid, limit, from) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(cid);
        if (from === undefined) {
          const found = yield* explainedBy(query.explain(id, limit));
          return yield* withKarma(parts, found);
        }
        const sources = yield* Effect.forEach(from, identityOctets);
        return yield* untilThere(
          Effect.map(
            plain(query.explainFrom(sources, id, limit)),
            (outcome) =>
              outcome.tag === "explained"
                ? { there: reportFrom(outcome.val) }
                : { progress: outcome.val },
          ),
        );
      }),
  };
}

/** Asks again while the rank cell prepares; after a while its refusal is the answer. */
function explainedBy(
  ask: Effect.Effect<CellResult<Explained>, CallRefused | CellGone>,
): Answer<Explanation> {
  const waited = Effect.gen(function* () {
    while (true) {
      const answer = yield* ask;
      const isPreparing = answer.tag === "err" &&
        answer.val.tag === "preparing";
      if (!isPreparing) return answer;
      yield* Effect.sleep(EXPLAIN_AGAIN_MS);
    }
  }).pipe(
    Effect.timeoutOrElse({ duration: EXPLAIN_MS_MAX, orElse: () => ask }),
  );
  return Effect.map(plain(waited), report);
}

function reportFrom({ answer, sources }: ExplainedFrom): Explanation {
  const { particle, ...rest } = report(answer);
  return { particle, from: sources.map((one) => brief(one)), ...rest };
}

function report(
  { particle, figures, others, axons }: Explained,
): Explanation {
  return {
    particle: brief(particle),
    version: Number(figures.version),
    height: Number(figures.height),
    links: Number(figures.links),
    confirmed: figures.confirmed,
    total: figures.total,
    bound: figures.bound,
    mass: figures.mass,
    particles: figures.particles,
    volume: figures.volume,
    largest: figures.largest,
    dangling: figures.dangling,
    degree: figures.degree,
    share: figures.share,
    prior: figures.prior,
    stuck: figures.stuck,
    anchor: figures.anchor,
    kept: figures.kept,
    axons: figures.axons,
    contributions: figures.contributions.flatMap((one, i) => {
      const [other, axon] = [others[i], axons[i]];
      if (other === undefined || axon === undefined) return [];
      return [{
        axon: toHex(axon),
        direction: one.inward ? "in" as const : "out" as const,
        other: brief(other),
        weight: one.weight,
        out: one.out,
        degree: one.degree,
        flow: one.flow,
        diffusion: one.diffusion,
        springs: one.springs,
        heat: one.heat,
      }];
    }),
    rest: {
      diffusion: figures.restDiffusion,
      springs: figures.restSprings,
      heat: figures.restHeat,
    },
  };
}
