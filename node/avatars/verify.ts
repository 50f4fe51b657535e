/**
 * Whether a statement about an avatar holds, and which of two counts.
 *
 * Refused in this order: malformed, wrong-network, foreign-key, unsigned,
 * bad-signature; of two statements, contradiction. Both directions are checked:
 * the avatar has signed the list, and each neuron on it has signed the same
 * octets. So nobody has a neuron that does not say so itself, and no neuron
 * joins an avatar that does not name it.
 */
import { Effect, Result, Schema } from "effect";
import {
  type Composite,
  equalOctets,
  identityOf,
  toHex,
  verifyPurpose,
} from "../../kernel/crypto/mod.ts";
import { decodeStatement, signersOf, type Statement } from "./statement.ts";

export const REASONS = [
  "malformed",
  "wrong-network",
  "foreign-key",
  "unsigned",
  "bad-signature",
  "contradiction",
] as const;

/** Nothing is stated: why. */
export class NotStated extends Schema.TaggedError<NotStated>()("NotStated", {
  reason: Schema.Literals(REASONS),
  what: Schema.String,
}) {
  override get message(): string {
    return `${this.reason}: ${this.what}`;
  }
}

/** What a good statement says. */
export interface Stated {
  /** Identity of what was signed. */
  readonly id: string;
  readonly network: string;
  readonly avatar: string;
  readonly edition: number;
  readonly previous: string | undefined;
  /** Milliseconds since 1970, as the signers believed. */
  readonly time: number;
  readonly neurons: readonly string[];
}

export function readStatement(
  octets: Uint8Array,
): Result.Result<Statement, NotStated> {
  return Result.mapError(
    decodeStatement(octets),
    ({ message }) => new NotStated({ reason: "malformed", what: message }),
  );
}

/** What the octets state, all signatures verified; or why they state nothing. */
export const verifyStatement = Effect.fnUntraced(function* (
  composite: Composite,
  octets: Uint8Array,
  /** Where only one network counts. */
  network?: Uint8Array,
): Effect.fn.Return<Stated, NotStated> {
  const statement = yield* Effect.fromResult(readStatement(octets));
  const { body, bodyOctets, hands } = statement;
  if (network !== undefined && !equalOctets(network, body.network)) {
    return yield* no(
      "wrong-network",
      `it is about the network ${toHex(body.network)}`,
    );
  }
  const all = signersOf(body).map((id, i) => ({
    id,
    who: i === 0 ? "the avatar" : `neuron ${toHex(id)}`,
    ...(hands[i] ?? { bundle: new Uint8Array() }),
  }));
  for (const { id, who, bundle } of all) {
    if (!equalOctets(identityOf(bundle), id)) {
      return yield* no("foreign-key", `the key bundle is not that of ${who}`);
    }
  }
  const lacks = all.filter(({ signature }) => signature === undefined);
  if (lacks.length > 0) {
    const who = lacks.map(({ who }) => who).join(", ");
    return yield* no("unsigned", `it is not signed by ${who}`);
  }
  for (const { who, bundle, signature = new Uint8Array() } of all) {
    const good = yield* Effect.promise(() =>
      verifyPurpose(composite, "avatar", bundle, bodyOctets, signature)
    );
    if (!good) return yield* no("bad-signature", `${who} did not sign this`);
    // Each is a millisecond of this thread.
    yield* Effect.yieldNow;
  }
  return statedBy(statement);
});

/** What it says, whether or not it holds. */
export function statedBy({ body, id }: Statement): Stated {
  return {
    id: toHex(id),
    network: toHex(body.network),
    avatar: toHex(body.avatar),
    edition: body.edition,
    previous: body.edition === 0 ? undefined : toHex(body.previous),
    time: Number(body.time),
    neurons: body.neurons.map(toHex),
  };
}

/** The one of two good statements of an avatar that counts: the later edition. */
export function laterOf(
  a: Stated,
  b: Stated,
): Result.Result<Stated, NotStated> {
  if (a.id === b.id) return Result.succeed(a);
  const [early, late] = a.edition < b.edition ? [a, b] : [b, a];
  const isChain = late.edition > early.edition + 1 ||
    (late.edition === early.edition + 1 && late.previous === early.id);
  if (isChain) return Result.succeed(late);
  return Result.fail(
    new NotStated({
      reason: "contradiction",
      what: late.edition === early.edition
        ? `the avatar has signed two statements of edition ${late.edition}: ` +
          `${a.id} and ${b.id}`
        : `edition ${late.edition} does not follow from the other edition ` +
          `${early.edition}`,
    }),
  );
}

function no(
  reason: NotStated["reason"],
  what: string,
): Effect.Effect<never, NotStated> {
  return Effect.fail(new NotStated({ reason, what }));
}
