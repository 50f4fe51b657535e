/**
 * The links of an exported store, read from its file without any cell.
 *
 * Every frame has its place in the chain, and every signal a signature of its neuron,
 * before its links count. Particles are numbered as the graph cell does, in the order
 * of first appearance: origin, target, axon, then the contents of an append.
 *
 * Deliberately absent: the record's other rules, and the state root (`restore`).
 */
import { Effect, Result } from "effect";
import type { WeightedLink } from "../../conformance/cells/rank/reference.ts";
import {
  concatOctets,
  identityOf,
  platformComposite,
  toHex,
} from "../../kernel/crypto/mod.ts";
import { type Answer, Refusal } from "../api.ts";
import { ArchiveReader } from "../archive/mod.ts";
import { decodeContents, decodeSignal, verifySignal } from "../signals/mod.ts";
import type { SignalLink } from "../signals/mod.ts";
import { attempt, itemsOf } from "./archive.ts";
import { unproven } from "./ledger_refusals.ts";

export interface Reading {
  readonly links: ReadonlyArray<WeightedLink>;
  /** The number of each identity. */
  readonly numbers: ReadonlyMap<string, number>;
}

class Record {
  readonly links: WeightedLink[] = [];
  readonly numbers = new Map<string, number>();
  readonly contents = new Map<string, Uint8Array>();

  number(id: Uint8Array): number {
    const name = toHex(id);
    const known = this.numbers.get(name) ?? this.numbers.size;
    this.numbers.set(name, known);
    return known;
  }

  link({ from, to, amount, valence }: SignalLink): void {
    const origin = this.number(from);
    const target = this.number(to);
    this.number(identityOf(concatOctets([from, to])));
    this.links.push({ origin, target, weight: valence < 0 ? -amount : amount });
  }

  content(octets: Uint8Array): void {
    const id = identityOf(octets);
    this.number(id);
    this.contents.set(toHex(id), octets);
  }
}

/** The first `count` links; refuses where the file has fewer, or is not what a store held. */
export function linksOfArchive(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  count: number,
): Answer<Reading> {
  return Effect.gen(function* () {
    const reader = new ArchiveReader(pieces, name);
    yield* attempt(() => reader.network());
    const composite = yield* Effect.promise(() => platformComposite());
    const record = new Record();
    while (record.links.length < count) {
      const frame = yield* attempt(() => reader.next());
      if (frame.kind === "end") {
        return yield* new Refusal({
          kind: "failed",
          message:
            `${name} has ${record.links.length} links, the explanation ` +
            `is about ${count}`,
          fix: "export the store that the explanation was asked of",
        });
      }
      const where = (error: { readonly message: string }) =>
        new Refusal({
          kind: "invalid",
          message: `${name}, frame at octet ${frame.at}: ${error.message}`,
          fix: "export the store again, or take another copy of the file",
        });
      // Contents that lie apart are of particles that links have named before.
      if (frame.kind !== "append") continue;
      const { signals, contents } = itemsOf(frame);
      const came = yield* Effect.fromResult(
        Result.mapError(decodeContents(contents), where),
      );
      for (const octets of signals) {
        const signal = yield* Effect.fromResult(
          Result.mapError(decodeSignal(octets), where),
        );
        const lookup = (neuron: Uint8Array) =>
          Effect.succeed(record.contents.get(toHex(neuron)));
        yield* verifySignal(composite, signal, came, lookup).pipe(
          Effect.mapError((error) => where(unproven(error))),
        );
        for (const link of signal.body.links) record.link(link);
      }
      for (const octets of came) record.content(octets);
    }
    return { links: record.links.slice(0, count), numbers: record.numbers };
  });
}
