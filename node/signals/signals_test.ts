/** Signals: golden vectors, round trips, hostile octets, verification. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import {
  composite as join,
  concatOctets,
  identityOf,
  Malformed,
  seedsFrom,
  signerFor,
  toHex,
} from "../../kernel/crypto/mod.ts";
import { nobleMlDsa65 } from "../../kernel/crypto/noble.ts";
import { PLATFORM_ED25519 } from "../../kernel/crypto/platform.ts";
import { type Chance, seeded } from "../../kernel/crypto/test_chance.ts";
import {
  axonIdentity,
  boxIdentity,
  cardIdentity,
  coinIdentity,
  composeBody,
  CONTENT_OCTETS_MAX,
  decodeBody,
  decodeContents,
  decodeDraft,
  decodeEnvelope,
  decodeSignal,
  type DraftEnd,
  type DraftLink,
  encodeBody,
  encodeContents,
  encodeDraft,
  encodeEnvelope,
  LINKS_MAX,
  NO_PREVIOUS,
  nullifierIdentity,
  type SignalBody,
  signalIdentity,
  signBody,
  type Valence,
  verifySignal,
} from "./mod.ts";

const vectors = new URL("../../conformance/vectors/graph/", import.meta.url);
const golden = JSON.parse(
  await Deno.readTextFile(new URL("signal.json", vectors)),
);
const composite = join(nobleMlDsa65(), PLATFORM_ED25519);
const octets = (hex: string) => Uint8Array.fromHex(hex);
const nobody = () => Effect.succeed(undefined);

Deno.test("golden signals: ids, axons, drafts, bodies, contents", () => {
  for (const { from, to, id } of golden.axons) {
    strictEqual(toHex(axonIdentity(octets(from), octets(to))), id);
  }
  for (const signal of golden.signals) {
    const draft = Result.getOrThrow(decodeDraft(octets(signal.draft)));
    strictEqual(toHex(encodeDraft(draft)), signal.draft);
    const { body, contents } = composeBody({
      network: octets(golden.network.id),
      neuron: octets(golden.neuron.id),
      step: BigInt(signal.step),
      previous: octets(signal.previous),
      time: BigInt(signal.time),
    }, draft);
    strictEqual(toHex(body), signal.body);
    strictEqual(toHex(encodeContents(contents)), signal.contents);
    strictEqual(toHex(signalIdentity(body)), signal.id);
    const decoded = Result.getOrThrow(decodeBody(body));
    strictEqual(toHex(encodeBody(decoded)), signal.body);
  }
});

Deno.test("golden operations: ids, drafts, bodies, decoded and encoded", async () => {
  const { identities, signals } = JSON.parse(
    await Deno.readTextFile(new URL("operations.json", vectors)),
  );
  const neuron = octets(golden.neuron.id);
  const name = identityOf(new TextEncoder().encode("karyon"));
  const box = boxIdentity(octets(signals[2].id), 0);
  deepStrictEqual(identities, {
    coin: toHex(coinIdentity(neuron, name)),
    box: toHex(box),
    nullifier: toHex(nullifierIdentity(box)),
    card: toHex(cardIdentity(name, neuron)),
  });
  for (const one of signals) {
    const body = Result.getOrThrow(decodeBody(octets(one.body)));
    strictEqual(toHex(encodeBody(body)), one.body);
    strictEqual(toHex(signalIdentity(octets(one.body))), one.id);
    deepStrictEqual(
      body.operations?.map(({ kind }) => kind),
      one.operations,
    );
    for (let at = 0; at < octets(one.body).length; at += 1) {
      const mutant = octets(one.body);
      mutant[at] = mutant[at]! ^ 1;
      const decoded = decodeBody(mutant);
      if (Result.isFailure(decoded)) continue;
      strictEqual(toHex(encodeBody(decoded.success)), toHex(mutant));
    }
  }
});

Deno.test("golden envelopes verify, by bundle inside or by look-up", async () => {
  const bundle = octets(golden.neuron.bundle);
  for (const [index, one] of golden.signals.entries()) {
    const { signal, contents, contentsOctets } = Result.getOrThrow(
      decodeEnvelope(octets(one.envelope)),
    );
    strictEqual(toHex(signal.signature), one.signature);
    strictEqual(toHex(encodeContents(contents)), toHex(contentsOctets));
    strictEqual(
      toHex(encodeEnvelope(signal.octets, contents)),
      one.envelope,
    );
    const byLookup = await Effect.runPromise(
      verifySignal(composite, signal, [], () => Effect.succeed(bundle)),
    );
    strictEqual(toHex(byLookup), golden.neuron.bundle);
    const alone = await Effect.runPromise(
      Effect.result(verifySignal(composite, signal, contents, nobody)),
    );
    if (index === 0) ok(Result.isSuccess(alone), "the first brings its bundle");
    else {
      ok(Result.isFailure(alone));
      strictEqual(alone.failure.reason, "unknown-neuron");
    }
  }
});

Deno.test("every malformed body is refused at its place", async () => {
  const malformed = JSON.parse(
    await Deno.readTextFile(new URL("malformed.json", vectors)),
  );
  ok(malformed.bodies.length >= 12);
  for (const { name, offset, body } of malformed.bodies) {
    const decoded = decodeBody(octets(body));
    ok(Result.isFailure(decoded), name);
    strictEqual(decoded.failure.offset, offset, `${name}: ${decoded.failure}`);
  }
});

const identity = (chance: Chance) => identityOf(chance.octets(4));

function draft(chance: Chance): DraftLink[] {
  const tokens = [undefined, identity(chance), identity(chance)];
  const end = (): DraftEnd =>
    chance.below(2) === 0
      ? { content: chance.octets(chance.below(20)) }
      : { identity: identity(chance) };
  return Array.from({ length: 1 + chance.below(8) }, () => {
    const token = chance.pick(["0", "1", "2"]);
    const named = tokens[Number(token)];
    return {
      from: end(),
      to: end(),
      ...(named === undefined ? {} : { token: named }),
      amount: chance.pick([0n, 1n, (1n << 48n) - 1n]),
      valence: chance.pick<Valence>([-1, 0, 1]),
    };
  });
}

function bodyOf(chance: Chance): Uint8Array {
  const step = BigInt(chance.below(3));
  return composeBody({
    network: identity(chance),
    neuron: identity(chance),
    step,
    previous: step === 0n ? NO_PREVIOUS : identity(chance),
    time: BigInt(chance.below(1e9)),
  }, draft(chance)).body;
}

Deno.test("decode(encode(x)) is x for drafts, bodies and contents", () =>
  seeded(51, (chance) => {
    for (let round = 0; round < 200; round += 1) {
      const links = draft(chance);
      deepStrictEqual(
        Result.getOrThrow(decodeDraft(encodeDraft(links))),
        links,
      );
      const body: SignalBody = Result.getOrThrow(decodeBody(bodyOf(chance)));
      deepStrictEqual(Result.getOrThrow(decodeBody(encodeBody(body))), body);
      const contents = [chance.octets(chance.below(9)), chance.octets(3)];
      deepStrictEqual(
        Result.getOrThrow(decodeContents(encodeContents(contents))),
        contents,
      );
    }
  }));

Deno.test("a mutant decodes to other octets' meaning or is refused", () =>
  seeded(52, (chance) => {
    let accepted = 0;
    for (let round = 0; round < 30; round += 1) {
      const body = bodyOf(chance);
      for (let at = 0; at < body.length; at += 1) {
        const mutant = body.slice();
        mutant[at] = (mutant[at] ?? 0) ^ (1 + chance.below(255));
        const decoded = decodeBody(mutant);
        if (Result.isFailure(decoded)) continue;
        accepted += 1;
        strictEqual(toHex(encodeBody(decoded.success)), toHex(mutant));
      }
    }
    ok(accepted > 0);
  }));

Deno.test("random octets are refused, never thrown at", () =>
  seeded(53, (chance) => {
    for (let round = 0; round < 300; round += 1) {
      const noise = chance.octets(chance.below(500));
      for (const decode of [decodeBody, decodeSignal, decodeEnvelope]) {
        const decoded: Result.Result<unknown, unknown> = decode(noise);
        ok(Result.isFailure(decoded));
        ok(decoded.failure instanceof Malformed);
      }
      for (const decode of [decodeDraft, decodeContents]) {
        const decoded: Result.Result<unknown, unknown> = decode(noise);
        if (Result.isFailure(decoded)) ok(decoded.failure instanceof Malformed);
      }
    }
  }));

Deno.test("truncated envelopes and drafts are refused at every length", () => {
  const [, one] = golden.signals;
  const envelope = octets(one.envelope);
  const ends = new Set([envelope.length - 4]); // there the one content begins
  for (let length = 0; length < envelope.length; length += 1) {
    const cut = decodeEnvelope(envelope.slice(0, length));
    strictEqual(Result.isFailure(cut), !ends.has(length), `${length}`);
  }
  const whole = octets(one.draft);
  for (let length = 0; length < whole.length; length += 1) {
    ok(Result.isFailure(decodeDraft(whole.slice(0, length))));
  }
});

Deno.test("limits hold: largest signal, too large contents and lengths", () => {
  const link: DraftLink = {
    from: { identity: identityOf(new Uint8Array()) },
    to: { identity: identityOf(new Uint8Array(1)) },
    amount: 1n,
    valence: 0,
  };
  const place = {
    network: identityOf(new Uint8Array(2)),
    neuron: identityOf(new Uint8Array(3)),
    step: 0n,
    previous: NO_PREVIOUS,
    time: 0n,
  };
  const links = Array.from({ length: LINKS_MAX }, () => link);
  const { body } = composeBody(place, links);
  ok(Result.isSuccess(decodeBody(body)));
  const huge = new Uint8Array(4 + CONTENT_OCTETS_MAX + 1);
  new DataView(huge.buffer).setUint32(0, CONTENT_OCTETS_MAX + 1, true);
  ok(Result.isFailure(decodeContents(huge)));
  const lying = octets(golden.signals[0].envelope);
  new DataView(lying.buffer).setUint32(0, 0xffff_ffff, true);
  ok(Result.isFailure(decodeEnvelope(lying)));
});

Deno.test("every changed octet of a signed body is refused", () =>
  seeded(54, async (chance) => {
    const bundle = octets(golden.neuron.bundle);
    const [, one] = golden.signals;
    const signed = concatOctets([octets(one.body), octets(one.signature)]);
    const bodyEnd = octets(one.body).length;
    for (let at = 0; at < bodyEnd + 40; at += 1) {
      const mutant = signed.slice();
      mutant[at] = (mutant[at] ?? 0) ^ (1 + chance.below(255));
      const decoded = decodeSignal(mutant);
      if (Result.isFailure(decoded)) continue;
      const verified = await Effect.runPromise(
        Effect.result(
          verifySignal(
            composite,
            decoded.success,
            [],
            () => Effect.succeed(bundle),
          ),
        ),
      );
      ok(Result.isFailure(verified), `octet ${at}`);
    }
  }));

Deno.test("only its own neuron's signer signs a body", async () => {
  const key = await composite.open(seedsFrom(new Uint8Array(32).fill(5)));
  const stranger = signerFor(key, ["signal"]);
  const body = octets(golden.signals[0].body);
  const foreign = await Effect.runPromise(
    Effect.flip(signBody(stranger, body)),
  );
  strictEqual(foreign._tag, "SignalRefused");
  const broken = await Effect.runPromise(
    Effect.flip(signBody(stranger, body.slice(1))),
  );
  strictEqual(broken._tag, "Malformed");
});

Deno.test("a bundle that is not the neuron's does not count", async () => {
  const key = await composite.open(seedsFrom(new Uint8Array(32).fill(5)));
  const { signal } = Result.getOrThrow(
    decodeEnvelope(octets(golden.signals[1].envelope)),
  );
  const refusal = await Effect.runPromise(Effect.flip(
    verifySignal(
      composite,
      signal,
      [key.bundle],
      () => Effect.succeed(key.bundle),
    ),
  ));
  strictEqual(refusal.reason, "unknown-neuron");
});
