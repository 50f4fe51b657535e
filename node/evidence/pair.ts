/**
 * Evidence of equivocation: two signals that one neuron signed for one step.
 *
 * The octets are complete: the neuron's key bundle and both signals with their
 * signatures. Whoever has them needs nothing else, and nobody's word.
 *
 * `KEQV`, version 1 (1), key bundle (2016), then each signal with its length
 * before it (4, little endian), the one with the lower identity first.
 */
import { Effect, Result, Schema } from "effect";
import {
  BUNDLE_OCTETS,
  compareOctets,
  type Composite,
  decodeWith,
  equalOctets,
  identityOf,
  toHex,
  verifyPurpose,
  Writer,
} from "../../kernel/crypto/mod.ts";
import {
  decodeSignal,
  type Signal,
  SIGNAL_OCTETS_MAX,
} from "../signals/mod.ts";

const MAGIC = "KEQV";
const VERSION = 1;
/** Magic, version, bundle, two signals with their lengths. */
export const PAIR_OCTETS_MAX = 5 + BUNDLE_OCTETS + 2 * (4 + SIGNAL_OCTETS_MAX);

/** It shows nothing: why. */
export class NoEvidence extends Schema.TaggedError<NoEvidence>()("NoEvidence", {
  reason: Schema.String,
}) {
  override get message(): string {
    return this.reason;
  }
}

export interface Pair {
  readonly bundle: Uint8Array;
  /** The one with the lower identity first. */
  readonly signals: readonly [Signal, Signal];
}

/** What a good pair shows. */
export interface Shown {
  readonly id: string;
  readonly neuron: string;
  readonly step: bigint;
  readonly signals: readonly [string, string];
}

/** Names the pair by whose it is and which step: there is one for each. */
export function evidenceId(neuron: Uint8Array, step: bigint): string {
  return `${toHex(neuron)}-${step}`;
}

export function encodePair(
  bundle: Uint8Array,
  one: Uint8Array,
  other: Uint8Array,
): Uint8Array {
  const [a, b] = [one, other].sort((x, y) =>
    compareOctets(bodyIdentity(x), bodyIdentity(y))
  ) as [Uint8Array, Uint8Array];
  return new Writer().text(MAGIC).u8(VERSION).octets(bundle)
    .u32(a.length).octets(a).u32(b.length).octets(b).done();
}

function bodyIdentity(signal: Uint8Array): Uint8Array {
  const decoded = decodeSignal(signal);
  return Result.isSuccess(decoded)
    ? identityOf(decoded.success.bodyOctets)
    : identityOf(signal);
}

/** Form only; `showsEquivocation` says whether it holds. */
export function decodePair(
  octets: Uint8Array,
): Result.Result<Pair, NoEvidence> {
  const parts = decodeWith("evidence", octets, (reader) => {
    reader.magic(MAGIC);
    const start = reader.offset;
    const version = reader.u8("version");
    if (version !== VERSION) {
      reader.fail(`version ${version}, only ${VERSION} is known`, start);
    }
    const bundle = reader.octets(BUNDLE_OCTETS, "key bundle");
    const signal = (field: string) => {
      const at = reader.offset;
      const length = reader.u32(`length of the ${field}`);
      if (length > SIGNAL_OCTETS_MAX) {
        reader.fail(`a signal of ${length} octets is above the limit`, at);
      }
      return reader.octets(length, field);
    };
    return {
      bundle,
      first: signal("first signal"),
      second: signal("second signal"),
    };
  });
  if (Result.isFailure(parts)) return no(parts.failure.message);
  const { bundle, first, second } = parts.success;
  const one = decodeSignal(first);
  if (Result.isFailure(one)) return no(`first signal: ${one.failure.message}`);
  const other = decodeSignal(second);
  if (Result.isFailure(other)) {
    return no(`second signal: ${other.failure.message}`);
  }
  return Result.succeed({ bundle, signals: [one.success, other.success] });
}

/** What the pair shows, with both signatures verified; or why it shows nothing. */
export const showsEquivocation = Effect.fnUntraced(function* (
  composite: Composite,
  { bundle, signals }: Pair,
): Effect.fn.Return<Shown, NoEvidence> {
  const [a, b] = signals;
  const { neuron, step, network } = a.body;
  const ids = signals.map(({ bodyOctets }) => identityOf(bodyOctets));
  const [first = neuron, second = neuron] = ids;
  if (!equalOctets(neuron, b.body.neuron)) {
    return yield* refuse("the signals are of two neurons");
  }
  if (!equalOctets(network, b.body.network)) {
    return yield* refuse("the signals are of two networks");
  }
  if (step !== b.body.step) {
    return yield* refuse(
      `the signals have steps ${step} and ${b.body.step}: no contradiction`,
    );
  }
  const order = compareOctets(first, second);
  if (order === 0) return yield* refuse("both are the same signal");
  if (order > 0) return yield* refuse("the signals are not in their order");
  if (!equalOctets(identityOf(bundle), neuron)) {
    return yield* refuse("the key bundle is not the neuron's");
  }
  for (const [i, { bodyOctets, signature }] of signals.entries()) {
    const good = yield* Effect.promise(() =>
      verifyPurpose(composite, "signal", bundle, bodyOctets, signature)
    );
    if (!good) {
      return yield* refuse(
        `the ${
          i === 0 ? "first" : "second"
        } signal is not signed by the neuron`,
      );
    }
  }
  return {
    id: evidenceId(neuron, step),
    neuron: toHex(neuron),
    step,
    signals: [toHex(first), toHex(second)],
  };
});

function refuse(reason: string): Effect.Effect<never, NoEvidence> {
  return Effect.fail(new NoEvidence({ reason }));
}

function no(reason: string): Result.Result<never, NoEvidence> {
  return Result.fail(new NoEvidence({ reason }));
}
