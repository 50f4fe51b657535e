/** What the simulated node says of karma, finality and spectral position. */
import { Effect } from "effect";
import type { Answer, Brief } from "../api.ts";
import type { MeasuresApi } from "../api_measures.ts";

/** Of "simulated neuron". */
const NEURON =
  "012886f0ffe8e05484bd3b333aa3c4bd95e976a098e560dc0e735101379d33ec93";

const AT = { version: 1, height: 1, links: 1 };

/** One neuron has earned everything; who is asked about is alone in its conflict set. */
export function simulatedMeasures(
  particle: (cid: string) => Answer<Brief>,
  answer: <A>(make: () => A) => Answer<A>,
): MeasuresApi {
  return {
    karma: (limit, of) =>
      answer(() => ({
        ...AT,
        age_ms: 5,
        neurons: 1,
        total: 0.75,
        of: of === undefined ? undefined : { neuron: of, karma: 0.5 },
        items: [{ neuron: NEURON, karma: 0.75 }].slice(0, limit),
      })),
    finality: (cid, conflict, k) =>
      Effect.map(particle(cid), ({ focus }) => ({
        ...AT,
        cid,
        confirmed: true,
        k,
        members: 1,
        unranked: conflict.among?.length ?? 0,
        focus,
        mean: focus,
        deviation: 0,
        score: 0,
        score_max: 0,
        final: false,
      })),
    spectrum: (of) =>
      Effect.map(Effect.forEach(of, particle), (briefs) => ({
        ...AT,
        rounds: 2,
        residual: 0.25,
        rate: 0.5,
        spread: 0,
        drift: 0.125,
        residuals: [0.5, 0.25],
        positions: briefs.map(({ cid, focus }) => ({ cid, position: focus })),
      })),
  };
}
