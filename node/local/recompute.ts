/**
 * An explanation computed again from the links of a store, without the rank cell.
 *
 * The links that the explanation is about are read by the graph cell alone, or from
 * an exported store without any cell; the
 * focus and every part of it come from the reference in `conformance/`, which shares
 * no code with the cell. Slow: 300,000 links take minutes.
 */
import { Effect } from "effect";
import { reads as readsContract } from "../../wit/gen/graph_reads.ts";
import { fromHex } from "../../kernel/crypto/mod.ts";
import { explained } from "../../conformance/cells/rank/explained.ts";
import {
  rank,
  type WeightedLink,
} from "../../conformance/cells/rank/reference.ts";
import { type Answer, type Explanation, Refusal } from "../api.ts";
import type { Recomputed } from "../cli/composition.ts";
import { absent } from "./answers.ts";
import { linksOfArchive, type Reading } from "./archive_links.ts";
import { compared } from "./compare.ts";
import { started } from "./opening.ts";
import { graphAlone, type StoreOptions } from "./store_check.ts";
import { ROLES } from "./system.ts";

const SCAN_LINKS = 1 << 14;

/** The reference's own: it takes plain rounds, a star needs a thousand. */
const REFERENCE = { tolerance: 1e-13, roundsMax: 20_000 };

/** What the store says about the explanation; refuses where it cannot tell. */
export function recompute(
  options: StoreOptions,
  answer: Explanation,
): Answer<Recomputed> {
  return Effect.flatMap(
    reading(options, answer),
    (found) => judged(found, answer, options.onProgress),
  );
}

/** The same from an exported store: `pieces` are the file's octets, in order. */
export function recomputeFrom(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  answer: Explanation,
  onProgress?: (text: string) => void,
): Answer<Recomputed> {
  onProgress?.(`reading ${name}`);
  return Effect.flatMap(
    linksOfArchive(pieces, name, answer.links),
    (found) => judged(found, answer, onProgress),
  );
}

function judged(
  { links, numbers }: Reading,
  answer: Explanation,
  onProgress?: (text: string) => void,
): Answer<Recomputed> {
  return Effect.gen(function* () {
    const own = numbers.get(answer.particle.cid);
    if (own === undefined) {
      return yield* failed("the store has no such particle");
    }
    onProgress?.("computing the focus of every particle");
    const from: number[] = [];
    for (const { cid } of answer.from ?? []) {
      const number = numbers.get(cid);
      if (number === undefined) {
        return yield* failed(`the store has no particle ${cid}`);
      }
      from.push(number);
    }
    const isPersonal = from.length > 0;
    const alone = answer.share === 1;
    const reference = yield* Effect.sync(() =>
      rank(links, {
        ...REFERENCE,
        ...(alone ? { mix: [1, 0, 0] } : {}),
        ...(isPersonal ? { from } : {}),
      })
    );
    if (!((reference.focus[own] ?? 0) > 0)) {
      return yield* failed("no link that it is about touches the particle");
    }
    const { focus } = reference;
    const wanted = isPersonal
      ? explained(links, focus, own, alone, from)
      : explained(links, focus, own, alone);
    const particles = isPersonal
      ? focus.filter((value) => value > 0).length
      : reference.particles;
    return compared(answer, wanted, { numbers, focus, particles });
  });
}

function failed(message: string): Refusal {
  return new Refusal({
    kind: "failed",
    message,
    fix: "take the store that the explanation was asked of, with --data DIR",
  });
}

/** The first links of the store, and the numbers of all that the answer names. */
const reading = Effect.fn("node.recompute_reading")(
  function* (options: StoreOptions, answer: Explanation) {
    const kernel = yield* graphAlone(options, {}, () => {});
    yield* started(kernel, options.onProgress);
    const reads = kernel.connect(ROLES.graph, readsContract);
    const gone = failed("the graph cell is gone");
    const links: WeightedLink[] = [];
    while (links.length < answer.links) {
      const limit = Math.min(SCAN_LINKS, answer.links - links.length);
      const run = yield* reads.scan(BigInt(links.length), limit).pipe(
        Effect.mapError(absent),
      );
      if (run.tag === "err") return yield* gone;
      const { origins, targets, weights } = run.val;
      if (origins.length === 0) {
        return yield* failed(
          `the store has ${links.length} links, the explanation is about ${answer.links}`,
        );
      }
      weights.forEach((weight, i) =>
        links.push({ origin: origins[i]!, target: targets[i]!, weight })
      );
    }
    const numbers = new Map<string, number>();
    const named = [
      answer.particle.cid,
      ...answer.contributions.map(({ other }) => other.cid),
      ...(answer.from ?? []).map(({ cid }) => cid),
    ];
    for (const cid of new Set(named)) {
      const octets = fromHex(cid);
      if (octets === undefined) continue;
      const found = yield* reads.find(octets).pipe(Effect.mapError(absent));
      if (found.tag === "err") return yield* gone;
      if (found.val !== undefined) numbers.set(cid, found.val);
    }
    const result: Reading = { links, numbers };
    return result;
  },
  Effect.scoped,
);
