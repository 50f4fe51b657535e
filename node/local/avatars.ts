/**
 * Whose avatar a neuron is, as the record has it, and stating it anew.
 *
 * A neuron binds the name `avatar` to a statement; the names of all who are
 * named in it lead to further ones. Of those that hold the latest edition
 * counts. What a particle states never changes, so each is verified once, and
 * how much one question may look at is bounded.
 */
import { Effect, Result } from "effect";
import type { Reads } from "../../wit/gen/graph_reads.ts";
import type { Views } from "../../wit/gen/graph_views.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import {
  type Composite,
  equalOctets,
  identityOf,
  toHex,
  utf8,
} from "../../kernel/crypto/mod.ts";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import type { AvatarReport } from "../api_views.ts";
import {
  laterOf,
  NotStated,
  type Stated,
  STATEMENT_OCTETS_MAX,
  verifyStatement,
} from "../avatars/mod.ts";
import { type NameStep, stepsOf } from "../names/mod.ts";
import { type DraftLink, encodeDraft, type Operation } from "../signals/mod.ts";
import { identityOctets } from "./answers.ts";
import { present } from "./calls.ts";
import { heightAsked } from "./heights.ts";
import { bindingOf, idOf } from "./names.ts";

/** What a neuron's statement is bound to. */
export const AVATAR_NAME = "avatar";
/** Neurons whose names one question looks at. */
const LOOKED_MAX = 256;
/** Distinct statements that one question verifies. */
const STATEMENTS_MAX = 16;
/** What particles state, of those that were asked about last. */
const KNOWN_MAX = 512;

export interface AvatarParts {
  readonly views: Connected<Views>;
  readonly reads: Connected<Reads>;
  readonly composite: Composite;
  /** The node's own neuron, and its network. */
  readonly neuron: Uint8Array;
  readonly network: Uint8Array;
  readonly submitDraft: NodeApi["submitDraft"];
}

/** A statement that a neuron has bound. */
interface Bound {
  readonly cid: string;
  readonly height: number;
  /** Who bound it. */
  readonly by: string;
  readonly stated: Result.Result<Stated, NotStated>;
}

type Known = Map<string, Result.Result<Stated, NotStated>>;

export function avatarsOver(
  parts: AvatarParts,
): Pick<NodeApi, "avatar" | "stateAvatar"> {
  const known: Known = new Map();
  const ask = Effect.fnUntraced(function* (cid: string, at?: number) {
    const neuron = yield* identityOctets(cid);
    const height = yield* heightAsked(parts.reads, at);
    return yield* reportOf(parts, known, neuron, height);
  });
  return {
    avatar: ask,
    stateAvatar: (octets) =>
      Effect.gen(function* () {
        yield* publish(parts, known, octets);
        return yield* ask(toHex(parts.neuron));
      }),
  };
}

const reportOf = Effect.fnUntraced(function* (
  parts: AvatarParts,
  known: Known,
  neuron: Uint8Array,
  height: bigint,
): Effect.fn.Return<AvatarReport, Refusal> {
  const own = yield* boundBy(parts, known, neuron, height);
  if (own === undefined) return yield* none(neuron, height);
  if (Result.isFailure(own.stated)) {
    return yield* saysNothing(own.cid, own.stated.failure);
  }
  const said = own.stated.success;
  const cid = toHex(neuron);
  if (said.avatar !== cid && !said.neurons.includes(cid)) {
    return yield* saysNothing(own.cid, "it does not name that neuron");
  }
  const { bound: { cid: statement, height: since, by }, stated } =
    yield* latest(parts, known, { own, said, cid }, height);
  return {
    neuron: cid,
    at: Number(height),
    standing: stated.avatar === cid
      ? "avatar"
      : stated.neurons.includes(cid)
      ? "neuron"
      : "left-out",
    avatar: stated.avatar,
    edition: stated.edition,
    time: stated.time,
    neurons: stated.neurons,
    statement,
    id: stated.id,
    height: since,
    by,
  };
});

/** The latest edition that the named neurons' own names lead to. */
const latest = Effect.fnUntraced(function* (
  parts: AvatarParts,
  known: Known,
  { own, said, cid }: { own: Bound; said: Stated; cid: string },
  height: bigint,
): Effect.fn.Return<
  { readonly bound: Bound; readonly stated: Stated },
  Refusal
> {
  const found = new Map([[said.id, { bound: own, stated: said }]]);
  const looked = new Set([cid]);
  const particles = new Set([own.cid]);
  const waiting = [said.avatar, ...said.neurons];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (looked.has(next)) continue;
    looked.add(next);
    if (looked.size > LOOKED_MAX) return yield* crowded();
    const bound = yield* boundBy(
      parts,
      known,
      yield* identityOctets(next),
      height,
    );
    if (bound === undefined) continue;
    particles.add(bound.cid);
    if (particles.size > STATEMENTS_MAX) return yield* crowded();
    if (Result.isFailure(bound.stated)) continue;
    const stated = bound.stated.success;
    if (stated.avatar !== said.avatar || found.has(stated.id)) continue;
    found.set(stated.id, { bound, stated });
    waiting.push(...stated.neurons);
  }
  const all = [...found.values()].sort((a, b) =>
    a.stated.edition - b.stated.edition
  );
  for (const [i, { stated }] of all.entries()) {
    const before = all[i - 1];
    const later = before && laterOf(before.stated, stated);
    if (later && Result.isFailure(later)) return yield* torn(later.failure);
  }
  return all.at(-1) ?? { bound: own, stated: said };
});

/** What a neuron itself has bound its name to, if it has and it is here. */
const boundBy = Effect.fnUntraced(function* (
  parts: AvatarParts,
  known: Known,
  neuron: Uint8Array,
  height: bigint,
): Effect.fn.Return<Bound | undefined, Refusal> {
  const { card } = stepTo(neuron);
  const made = yield* present(parts.views.cardAt(card, height));
  if (made === undefined) return undefined;
  const link = yield* bindingOf(parts, card, height);
  // Who was given the card speaks for himself, not for the neuron.
  if (link === undefined || link.valence < 0) return undefined;
  if (!equalOctets(link.neuron, neuron)) return undefined;
  const cid = toHex(yield* idOf(parts, link.target));
  const stated = known.get(cid) ??
    (yield* read(parts, known, cid, link.target));
  return { cid, height: Number(link.height), by: toHex(neuron), stated };
});

const read = Effect.fnUntraced(function* (
  { reads, composite, network }: AvatarParts,
  known: Known,
  cid: string,
  particle: number,
): Effect.fn.Return<Result.Result<Stated, NotStated>, Refusal> {
  const octets = yield* present(
    reads.content(particle, 0n, STATEMENT_OCTETS_MAX + 1),
  );
  if (octets === undefined) {
    // Not for ever: its octets may be offered.
    return Result.fail(
      new NotStated({ reason: "malformed", what: "its content is not here" }),
    );
  }
  const stated = yield* Effect.result(
    verifyStatement(composite, octets, network),
  );
  const [oldest] = known.keys();
  if (known.size >= KNOWN_MAX && oldest !== undefined) known.delete(oldest);
  known.set(cid, stated);
  return stated;
});

const publish = Effect.fnUntraced(function* (
  parts: AvatarParts,
  known: Known,
  octets: Uint8Array,
): Effect.fn.Return<void, Refusal> {
  const { composite, network, neuron, reads } = parts;
  const stated = yield* verifyStatement(composite, octets, network).pipe(
    Effect.mapError(strange),
  );
  const me = toHex(neuron);
  if (stated.avatar !== me && !stated.neurons.includes(me)) {
    return yield* new Refusal({
      kind: "unauthorised",
      message: "the statement does not name this node's neuron",
      fix: "publish it with a node whose neuron it names",
    });
  }
  const height = yield* heightAsked(reads, undefined);
  const now = yield* boundBy(parts, known, neuron, height);
  if (now?.cid === toHex(identityOf(octets))) return;
  if (now !== undefined && Result.isSuccess(now.stated)) {
    yield* follows(now.stated.success, stated);
  }
  const { links, operations } = yield* binding(parts, octets, height);
  yield* parts.submitDraft(encodeDraft(links, operations));
});

/** Refuses what would take a later edition back. */
function follows(now: Stated, next: Stated): Answer<void> {
  if (now.avatar !== next.avatar) return Effect.void;
  const later = laterOf(now, next);
  if (Result.isFailure(later)) return torn(later.failure);
  if (later.success.id === next.id) return Effect.void;
  return Effect.fail(
    new Refusal({
      kind: "conflict",
      message: `edition ${now.edition} is stated already; this is edition ` +
        `${next.edition}`,
      fix: "draw up the next edition with avatar draw --after",
    }),
  );
}

/** The links that bind the name, with its card where there is none yet. */
const binding = Effect.fnUntraced(function* (
  { views, neuron }: AvatarParts,
  octets: Uint8Array,
  height: bigint,
): Effect.fn.Return<
  { readonly links: DraftLink[]; readonly operations: Operation[] },
  Refusal
> {
  const { above, axon, card } = stepTo(neuron);
  const plain = { amount: 0n, valence: 0 } as const;
  const bound: DraftLink = {
    from: { identity: card },
    to: { content: octets },
    ...plain,
  };
  const made = yield* present(views.cardAt(card, height));
  if (made === undefined) {
    const name: DraftLink = {
      from: { identity: above },
      to: { content: utf8(AVATAR_NAME) },
      ...plain,
    };
    return {
      links: [name, bound],
      operations: [{ kind: "card", particle: axon }],
    };
  }
  if (made.owner !== undefined && !equalOctets(made.owner, neuron)) {
    return yield* new Refusal({
      kind: "conflict",
      message: `the name ~me/${AVATAR_NAME} was given to ${toHex(made.owner)}`,
      fix: "have it given back: name give",
    });
  }
  return { links: [bound], operations: [] };
});

function stepTo(neuron: Uint8Array): NameStep {
  // One segment has one step.
  return stepsOf(neuron, [AVATAR_NAME])[0] as NameStep;
}

function none(neuron: Uint8Array, height: bigint): Answer<never> {
  return Effect.fail(
    new Refusal({
      kind: "not-found",
      message: `${toHex(neuron)} states no avatar at height ${height}`,
      fix: "avatar draw makes a statement, avatar publish puts it here",
    }),
  );
}

function saysNothing(cid: string, why: NotStated | string): Answer<never> {
  const reason = typeof why === "string" ? why : why.message;
  return Effect.fail(
    new Refusal({
      kind: "not-found",
      message: `what the neuron's name stands for, ${cid}, states nothing: ` +
        reason,
      fix: "avatar check FILE says so of any octets",
    }),
  );
}

function strange(error: NotStated): Refusal {
  return new Refusal({
    kind: error.reason === "unsigned" || error.reason === "bad-signature"
      ? "unauthorised"
      : "invalid",
    message: `no statement: ${error.message}`,
    fix: "avatar check FILE says what it lacks, avatar sign FILE adds a hand",
  });
}

function torn(error: NotStated): Answer<never> {
  return Effect.fail(
    new Refusal({
      kind: "conflict",
      message: error.message,
      fix: "have all neurons publish one edition that follows from the one " +
        "before",
    }),
  );
}

function crowded(): Answer<never> {
  return Effect.fail(
    new Refusal({
      kind: "too-large",
      message: `more than ${STATEMENTS_MAX} statements, or ${LOOKED_MAX} ` +
        "neurons, are about that avatar",
      fix: "have its neurons publish the same edition",
    }),
  );
}
