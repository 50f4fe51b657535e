/**
 * Drawing up a statement, and signing it: one hand at a time, in any order.
 *
 * A statement that waits for signatures has the same form as a whole one, so
 * it is a file that goes from device to device. Nobody's signature is replaced.
 */
import { Effect, Result } from "effect";
import {
  compareOctets,
  equalOctets,
  identityOf,
  type Signer,
} from "../../kernel/crypto/mod.ts";
import {
  encodeStatement,
  encodeStatementBody,
  NEURONS_MAX,
  NO_PREVIOUS,
  signersOf,
  type Statement,
} from "./statement.ts";
import { NotStated, readStatement } from "./verify.ts";

export interface Outline {
  readonly network: Uint8Array;
  /** Key bundles of the avatar and of its neurons, these in any order. */
  readonly avatar: Uint8Array;
  readonly neurons: readonly Uint8Array[];
  readonly timeMs: number;
  /** The edition that it takes the place of; absent for the first one. */
  readonly before?: Statement | undefined;
}

/** A statement that nobody has signed yet. */
export function drawUp(
  { network, avatar, neurons, timeMs, before }: Outline,
): Result.Result<Uint8Array<ArrayBuffer>, NotStated> {
  const all = neurons.map((bundle) => ({ bundle, id: identityOf(bundle) }))
    .sort((a, b) => compareOctets(a.id, b.id));
  const id = identityOf(avatar);
  if (all.length > NEURONS_MAX) {
    return no(`${all.length} neurons, an avatar has at most ${NEURONS_MAX}`);
  }
  if (all.some((one, i) => i > 0 && equalOctets(one.id, all[i - 1]!.id))) {
    return no("a neuron is named twice");
  }
  if (all.some((one) => equalOctets(one.id, id))) {
    return no("the avatar is not one of its own neurons");
  }
  if (before !== undefined && !equalOctets(before.body.avatar, id)) {
    return no("the edition before is another avatar's");
  }
  const body = encodeStatementBody({
    network,
    avatar: id,
    edition: before === undefined ? 0 : before.body.edition + 1,
    previous: before?.id ?? NO_PREVIOUS,
    time: BigInt(Math.max(0, Math.floor(timeMs))),
    neurons: all.map((one) => one.id),
  });
  const hands = [avatar, ...all.map(({ bundle }) => bundle)];
  return Result.succeed(
    encodeStatement(body, hands.map((bundle) => ({ bundle }))),
  );
}

/** The statement with this signer's hand below it; it must be named. */
export const signStatement = Effect.fnUntraced(function* (
  octets: Uint8Array,
  signer: Signer,
): Effect.fn.Return<Uint8Array<ArrayBuffer>, NotStated> {
  const { body, bodyOctets, hands } = yield* Effect.fromResult(
    readStatement(octets),
  );
  const place = signersOf(body).findIndex((id) => equalOctets(id, signer.id));
  const hand = hands[place];
  if (hand === undefined || !equalOctets(hand.bundle, signer.bundle)) {
    return yield* Effect.fromResult(no("it does not name this key"));
  }
  if (hand.signature !== undefined) return octets.slice();
  const signature = yield* Effect.promise(() =>
    signer.sign("avatar", bodyOctets)
  );
  return encodeStatement(bodyOctets, hands.with(place, { ...hand, signature }));
});

function no(what: string): Result.Result<never, NotStated> {
  return Result.fail(new NotStated({ reason: "malformed", what }));
}
