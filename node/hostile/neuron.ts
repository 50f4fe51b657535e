/** A neuron outside of the node, and the envelopes of one that means no good. */
import {
  axonIdentity,
  composeBody,
  decodeBody,
  decodeEnvelope,
  encodeBody,
  encodeEnvelope,
  NO_PREVIOUS,
  signBody,
} from "../signals/mod.ts";
import {
  type Composite,
  identityOf,
  networkIdentity,
  platformComposite,
  seedsFrom,
  type Signer,
  signerFor,
  utf8,
} from "../../kernel/crypto/mod.ts";
import { Effect, Result } from "effect";

/** Name, envelope, status, and what the refusal tells. */
export type HostileRow = readonly [string, Uint8Array, number, RegExp];

export class Neuron {
  step = 0n;
  previous: Uint8Array = NO_PREVIOUS;

  private constructor(
    readonly signer: Signer,
    readonly composite: Composite,
    readonly network: Uint8Array,
  ) {}

  static async of(seed: number, network: Uint8Array): Promise<Neuron> {
    const composite = await platformComposite();
    const key = await composite.open(seedsFrom(new Uint8Array(32).fill(seed)));
    return new Neuron(signerFor(key, ["signal"]), composite, network);
  }

  get id(): Uint8Array {
    return this.signer.id;
  }

  /** The envelope was taken: the next one follows it. */
  accepted(envelope: Uint8Array): void {
    const { signal } = Result.getOrThrow(decodeEnvelope(envelope));
    this.step += 1n;
    this.previous = identityOf(signal.bodyOctets);
  }

  /** One link, signed; the first signal brings the key bundle. */
  async envelope(
    from: string,
    to: string,
    change: Partial<Pick<Neuron, "network" | "step" | "previous">> = {},
  ): Promise<Uint8Array> {
    const { body, contents } = this.#body(from, to, change);
    const bundle = this.step === 0n ? [this.signer.bundle] : [];
    return encodeEnvelope(await this.#signed(body), [...contents, ...bundle]);
  }

  #body(
    from: string,
    to: string,
    change: Partial<Pick<Neuron, "network" | "step" | "previous">>,
  ) {
    return composeBody({
      network: this.network,
      neuron: this.id,
      step: this.step,
      previous: this.previous,
      time: 1n,
      ...change,
    }, [{
      from: { content: utf8(from) },
      to: { content: utf8(to) },
      amount: 1n,
      valence: 0,
    }]);
  }

  #signed(body: Uint8Array): Promise<Uint8Array> {
    return Effect.runPromise(signBody(this.signer, body));
  }

  /** Around this neuron's genuine first envelope. */
  async hostile(genuine: Uint8Array): Promise<readonly HostileRow[]> {
    const { body, contents } = this.#body("a", "b", {});
    const signed = await this.#signed(body);
    const { bundle } = this.signer;
    const around = (signal: Uint8Array, with_: readonly Uint8Array[]) =>
      encodeEnvelope(signal, with_);
    const flipped = (octets: Uint8Array, at: number) => {
      const copy = octets.slice();
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };
    const stranger = await Neuron.of(8, this.network);
    const other = networkIdentity("another");
    const decoded = Result.getOrThrow(decodeBody(body));
    const stolen = encodeBody({ ...decoded, neuron: stranger.id });
    const forgedSignature = signed.slice(body.length);
    const cuts = [0, 1, 4, 5, 100, body.length, signed.length];
    return [
      ...[...cuts, signed.length + 8].map((at): HostileRow => [
        `cut at ${at}`,
        genuine.slice(0, at),
        400,
        /malformed envelope at octet/,
      ]),
      [
        "cut before the contents",
        genuine.slice(0, 4 + signed.length),
        403,
        /no key bundle/,
      ],
      ["an octet more", new Uint8Array([...genuine, 0]), 400, /malformed/],
      ["length of 4 GiB", flipped(genuine, 3), 400, /above the limit/],
      [
        "contents of 4 GiB",
        new Uint8Array([
          ...around(signed, [bundle]),
          ...[255, 255, 255, 255],
        ]),
        400,
        /above 2\^20/,
      ],
      [
        "forged ML-DSA half",
        around(flipped(signed, body.length + 10), [bundle, ...contents]),
        403,
        /signature/,
      ],
      [
        "forged Ed25519 half",
        around(flipped(signed, signed.length - 1), [bundle, ...contents]),
        403,
        /signature/,
      ],
      [
        "body changed after signing",
        around(flipped(signed, 113), [bundle, ...contents]),
        403,
        /signature/,
      ],
      [
        "signed by somebody else",
        around(
          new Uint8Array([...stolen, ...forgedSignature]),
          [stranger.signer.bundle, ...contents],
        ),
        403,
        /signature/,
      ],
      [
        "unknown neuron",
        around(signed, contents),
        403,
        /no key bundle/,
      ],
      [
        "bundle of another neuron",
        around(signed, [stranger.signer.bundle, ...contents]),
        403,
        /no key bundle/,
      ],
      [
        "another network",
        await this.envelope("a", "b", { network: other }),
        400,
        /another network/,
      ],
      [
        "content that no link touches",
        around(signed, [bundle, utf8("nobody linked this")]),
        400,
        /no link touches/,
      ],
      [
        "a stranger's bundle as a content",
        around(signed, [bundle, stranger.signer.bundle]),
        400,
        /no link touches/,
      ],
      [
        "step from the future",
        await this.envelope("a", "b", {
          step: 5n,
          previous: axonIdentity(this.id, this.id),
        }),
        409,
        /next step is 0/,
      ],
      [
        "content over the limit",
        new Uint8Array([
          ...around(signed, [bundle]),
          ...new Uint8Array(new Uint32Array([2 ** 20 + 1]).buffer),
          ...new Uint8Array(2 ** 20 + 1),
        ]),
        400,
        /above 2\^20/,
      ],
      [
        "contents over the limit",
        around(signed, Array(16).fill(new Uint8Array(2 ** 20))),
        400,
        /contents are above the limit/,
      ],
      [
        "a body over the limit",
        around(signed, Array(17).fill(new Uint8Array(2 ** 20))),
        413,
        /at most/,
      ],
    ];
  }

  /** After two signals of this neuron were accepted; `first` was one of them. */
  async late(
    first: Uint8Array,
  ): Promise<ReadonlyArray<readonly [string, Uint8Array, RegExp]>> {
    const at = { step: 0n, previous: NO_PREVIOUS };
    const wrong = axonIdentity(this.id, this.id);
    return [
      ["replayed", first, /next step is 2/],
      ["equivocation", await this.envelope("a", "evil", at), /holds this step/],
      [
        "a step left out",
        await this.envelope("a", "b", { step: 3n, previous: wrong }),
        /next step is 2/,
      ],
      [
        "on another chain",
        await this.envelope("a", "b", { previous: wrong }),
        /does not follow/,
      ],
    ];
  }
}
