/**
 * Names of the record: what a path stands for, what is below it, and since when.
 *
 * Everything is asked as of one height, and what was so at a height never
 * changes: so the calls need not come at one moment. Decision 0048 has the rule.
 */
import { Effect, Result } from "effect";
import type { Link, Reads } from "../../wit/gen/graph_reads.ts";
import type { Views } from "../../wit/gen/graph_views.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import {
  equalOctets,
  fromHex,
  identityOf,
  toHex,
} from "../../kernel/crypto/mod.ts";
import type { Answer, NodeApi } from "../api.ts";
import { Refusal } from "../api.ts";
import type { NameEntry, NameReport, NameValue } from "../api_views.ts";
import {
  nameBelow,
  type NamePath,
  type NameStep,
  parsePath,
  pathText,
  SEGMENT_OCTETS_MAX,
  segmentFault,
  stepsOf,
} from "../names/mod.ts";
import { present } from "./calls.ts";
import { cursorOf, heightAsked, invalid } from "./heights.ts";
import { historyOfName } from "./name_history.ts";

export interface NameParts {
  readonly views: Connected<Views>;
  readonly reads: Connected<Reads>;
  /** The node's own neuron: `~me`. */
  readonly neuron: Uint8Array;
}

/** Octets of a value's text that are shown. */
const TEXT_OCTETS = 256;
const STRETCH = 1000;
const SYNTAX =
  "write ~NEURON/segment/segment; a segment is visible text without /";

/** A path of this node's record. */
export interface Place {
  readonly path: NamePath;
  readonly neuron: Uint8Array;
  /** The name's last step; none for a neuron's own space. */
  readonly step: NameStep | undefined;
  /** Where links to names below begin. */
  readonly directory: Uint8Array;
}

export function namesOver(
  parts: NameParts,
): Pick<NodeApi, "name" | "nameHistory"> {
  return {
    name: (path, { limit, cursor }, at) =>
      Effect.gen(function* () {
        const place = yield* placeOf(parts, path);
        const height = yield* heightAsked(parts.reads, at);
        const from = yield* cursorOf(cursor);
        return yield* report(parts, place, height, limit, from);
      }),
    nameHistory: (path, page) =>
      Effect.gen(function* () {
        const place = yield* placeOf(parts, path);
        return yield* historyOfName(parts, place, page);
      }),
  };
}

function placeOf(parts: NameParts, text: string): Answer<Place> {
  return Effect.gen(function* () {
    const parsed = parsePath(text);
    if (Result.isFailure(parsed)) return yield* invalid(parsed.failure, SYNTAX);
    const { neuron: named, segments } = parsed.success;
    const neuron = named === "me" ? parts.neuron : fromHex(named);
    if (neuron === undefined) return yield* invalid("no such neuron", SYNTAX);
    const step = stepsOf(neuron, segments).at(-1);
    return {
      path: { neuron: toHex(neuron), segments },
      neuron,
      step,
      directory: step?.axon ?? neuron,
    };
  });
}

const report = Effect.fnUntraced(function* (
  parts: NameParts,
  { path, neuron, step, directory }: Place,
  height: bigint,
  limit: number,
  cursor: bigint | undefined,
): Effect.fn.Return<NameReport, Refusal> {
  const card = step && (yield* present(parts.views.cardAt(step.card, height)));
  const bound = card && (yield* bindingOf(parts, card.id, height));
  const { entries, next } = yield* entriesOf(
    parts,
    { neuron, directory },
    height,
    limit,
    cursor,
  );
  if (step !== undefined && card === undefined && entries.length === 0) {
    if (next === undefined && cursor === undefined) {
      return yield* unnamed(path, height);
    }
  }
  return {
    path: pathText(path),
    neuron: path.neuron,
    at: Number(height),
    directory: toHex(directory),
    card: step && {
      id: toHex(step.card),
      particle: toHex(step.axon),
      made: card && Number(card.height),
      owner: card?.owner && toHex(card.owner),
      since: card?.owner && Number(card.since),
    },
    value: bound && bound.valence >= 0
      ? yield* valueOf(parts, bound)
      : undefined,
    entries,
    next,
  };
});

function unnamed(path: NamePath, height: bigint): Answer<never> {
  return Effect.fail(
    new Refusal({
      kind: "not-found",
      message: `there is no name ${pathText(path)} at height ${height}`,
      fix: "ls shows the names that there are; name set makes one",
    }),
  );
}

/** The link by which the card's owner has said what it stands for, if any. */
export const bindingOf = Effect.fnUntraced(function* (
  { views }: NameParts,
  card: Uint8Array,
  height: bigint,
): Effect.fn.Return<Link | undefined, Refusal> {
  let cursor: bigint | undefined;
  while (true) {
    const found = yield* present(views.bindingAt(card, height, cursor));
    if (found.tag === "bound") return found.val;
    if (found.tag === "forgotten") {
      return yield* new Refusal({
        kind: "not-found",
        message: "who owned the name at that height is not known any more",
        fix:
          "a card remembers the last six times that it was given: ask for a " +
          "later height",
      });
    }
    if (found.tag !== "more") return undefined;
    cursor = found.val;
  }
});

/** The identity of one particle. */
export function idOf(
  { reads }: Pick<NameParts, "reads">,
  particle: number,
): Answer<Uint8Array> {
  return Effect.flatMap(
    present(reads.identities(Uint32Array.of(particle))),
    ([id]) =>
      id === undefined
        ? Effect.fail(
          new Refusal({ kind: "failed", message: "a link without its end" }),
        )
        : Effect.succeed(id),
  );
}

const valueOf = Effect.fnUntraced(function* (
  parts: NameParts,
  link: Link,
): Effect.fn.Return<NameValue, Refusal> {
  const id = yield* idOf(parts, link.target);
  const about = yield* present(parts.reads.describe(link.target));
  return {
    cid: toHex(id),
    height: Number(link.height),
    by: toHex(link.neuron),
    text: yield* textOf(parts, link.target, TEXT_OCTETS),
    size: about?.size === undefined ? undefined : Number(about.size),
    known: about?.size !== undefined,
  };
});

/** The beginning of a content, where it is text. */
export function textOf(
  { reads }: Pick<NameParts, "reads">,
  particle: number,
  octetsMax: number,
): Answer<string | undefined> {
  return Effect.map(
    present(reads.content(particle, 0n, octetsMax)),
    (octets) => {
      if (octets === undefined) return undefined;
      try {
        // A character that was cut in two is left away.
        return new TextDecoder("utf-8", { fatal: true })
          .decode(octets, { stream: octets.length === octetsMax });
      } catch {
        return undefined;
      }
    },
  );
}

type Directory = Pick<Place, "neuron" | "directory">;

/** Names below a directory: links to segments, made with their cards. */
const entriesOf = Effect.fnUntraced(function* (
  parts: NameParts,
  at: Directory,
  height: bigint,
  limit: number,
  cursor: bigint | undefined,
): Effect.fn.Return<
  { readonly entries: NameEntry[]; readonly next: string | undefined },
  Refusal
> {
  const { views, reads } = parts;
  const entries: NameEntry[] = [];
  const number = yield* present(reads.find(at.directory));
  if (number === undefined) return { entries, next: undefined };
  const seen = new Set<string>();
  let from = cursor;
  while (true) {
    const { links, next } = yield* present(
      views.linksAt(number, "outward", height, from, limit - entries.length),
    );
    for (const link of links) {
      if (!equalOctets(link.neuron, at.neuron)) continue;
      const entry = yield* entryOf(parts, at, link, height);
      if (entry === undefined || seen.has(entry.card)) continue;
      seen.add(entry.card);
      entries.push(entry);
    }
    if (next === undefined || entries.length >= limit) {
      return { entries, next: next?.toString() };
    }
    from = next;
  }
});

const entryOf = Effect.fnUntraced(function* (
  parts: NameParts,
  { neuron, directory }: Directory,
  link: Link,
  height: bigint,
): Effect.fn.Return<NameEntry | undefined, Refusal> {
  const particle = yield* idOf(parts, link.target);
  const { axon, card } = nameBelow(neuron, directory, particle);
  const made = yield* present(parts.views.cardAt(card, height));
  // The one link that came with the card: so an entry is listed once.
  if (made === undefined || made.height !== link.height) return undefined;
  const bound = yield* bindingOf(parts, card, height);
  const text = yield* textOf(parts, link.target, SEGMENT_OCTETS_MAX + 1);
  const isSegment = text !== undefined && segmentFault(text) === undefined &&
    equalOctets(identityOf(new TextEncoder().encode(text)), particle);
  return {
    segment: isSegment ? text : undefined,
    particle: toHex(particle),
    card: toHex(card),
    owner: made.owner && toHex(made.owner),
    cid: bound && bound.valence >= 0
      ? toHex(yield* idOf(parts, bound.target))
      : undefined,
    height: bound && Number(bound.height),
    removed: bound !== undefined && bound.valence < 0,
    directory: yield* isDirectory(parts, neuron, axon, height),
  };
});

/** Whether the neuron has linked anything below it. */
const isDirectory = Effect.fnUntraced(function* (
  { views, reads }: NameParts,
  neuron: Uint8Array,
  axon: Uint8Array,
  height: bigint,
): Effect.fn.Return<boolean, Refusal> {
  const number = yield* present(reads.find(axon));
  if (number === undefined) return false;
  let cursor: bigint | undefined;
  do {
    const { links, next } = yield* present(
      views.linksAt(number, "outward", height, cursor, STRETCH),
    );
    if (links.some((link) => equalOctets(link.neuron, neuron))) return true;
    cursor = next;
  } while (cursor !== undefined);
  return false;
});
