/**
 * Focus from a few particles in the words of `NodeApi`, asked for until it is computed.
 */
import { Effect } from "effect";
import type { Connected } from "../../kernel/call/connect.ts";
import type { Answers, PersonalView } from "../../wit/gen/query_answers.ts";
import type { Progress } from "../../wit/gen/rank_personal.ts";
import {
  type Answer,
  type NodeApi,
  type PersonalFocus,
  Refusal,
} from "../api.ts";
import { brief, identityOctets, plain } from "./answers.ts";
import { EXPLAIN_AGAIN_MS, EXPLAIN_MS_MAX } from "./limits.ts";

/** The part of the API that the rank cell answers by way of the query cell. */
export function personalOver(
  query: Connected<Answers>,
): Pick<NodeApi, "focusFrom"> {
  return {
    focusFrom: (from, limit, of) =>
      Effect.gen(function* () {
        const sources = yield* Effect.forEach(from, identityOctets);
        const subject = of === undefined
          ? undefined
          : yield* identityOctets(of);
        const ask = plain(query.personal(sources, subject, limit));
        const seen = Effect.map(ask, (outcome) =>
          outcome.tag === "computed"
            ? { there: report(outcome.val) }
            : { progress: outcome.val });
        return yield* untilThere(seen);
      }),
  };
}

type Seen<A> = { readonly there: A } | { readonly progress: Progress };

/** Asks again while the rank cell computes; after a while its progress is the answer. */
export function untilThere<A>(ask: Answer<Seen<A>>): Answer<A> {
  const waited = Effect.gen(function* () {
    while (true) {
      const outcome = yield* ask;
      if ("there" in outcome) return outcome;
      yield* Effect.sleep(EXPLAIN_AGAIN_MS);
    }
  }).pipe(
    Effect.timeoutOrElse({ duration: EXPLAIN_MS_MAX, orElse: () => ask }),
  );
  return Effect.flatMap(
    waited,
    (outcome) =>
      "there" in outcome
        ? Effect.succeed(outcome.there)
        : Effect.fail(notYet(outcome.progress)),
  );
}

function notYet({ ahead, rounds, residual }: Progress): Refusal {
  const so = rounds > 0
    ? `round ${rounds}, whose change was ${residual.toExponential(1)}`
    : ahead > 0
    ? `${ahead} before it`
    : "it has not begun";
  return new Refusal({
    kind: "unavailable",
    message: `the focus from these particles is still being computed: ${so}`,
    fix: "ask again within ten seconds, or it is given up",
  });
}

function report(
  { figures, sources, subject, top }: PersonalView,
): PersonalFocus {
  return {
    from: sources.map((one) => brief(one)),
    of: subject === undefined ? undefined : brief(subject),
    version: Number(figures.version),
    height: Number(figures.height),
    links: Number(figures.links),
    particles: figures.particles,
    rounds: figures.rounds,
    residual: figures.residual,
    items: top.map((one) => brief(one)),
  };
}
