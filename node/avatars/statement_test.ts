/** Statements about avatars: golden vectors, forgeries, and what follows what. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import {
  identityOf,
  networkIdentity,
  nobleComposite,
  platformComposite,
  seedsFrom,
  type Signer,
  signerFor,
  toHex,
  verifyPurpose,
} from "../../kernel/crypto/mod.ts";
import {
  decodeStatement,
  drawUp,
  encodeStatement,
  laterOf,
  type NotStated,
  readStatement,
  signStatement,
  type Stated,
  STATEMENT_OCTETS_MAX,
  verifyStatement,
} from "./mod.ts";
import { bodyDigits, idOf, parsed, statementDigits } from "./testing.ts";

const NETWORK = networkIdentity("vectors");
const composite = await platformComposite();

interface Vectors {
  readonly keys: readonly Record<"name" | "master" | "id", string>[];
  readonly statements: readonly {
    readonly about: string;
    readonly hands: readonly string[];
    readonly id: string;
    readonly octets: string;
  }[];
  readonly malformed: readonly {
    readonly name: string;
    readonly offset: number;
    readonly at: number;
    readonly put?: string;
    readonly cut?: true;
  }[];
}

const VECTORS: Vectors = JSON.parse(Deno.readTextFileSync(
  new URL("../../conformance/vectors/graph/avatar.json", import.meta.url),
));

const golden = (i: number) =>
  Uint8Array.fromHex(VECTORS.statements[i]?.octets ?? "");

function verified(
  octets: Uint8Array,
  network?: Uint8Array,
): Promise<Result.Result<Stated, NotStated>> {
  return Effect.runPromise(
    Effect.result(verifyStatement(composite, octets, network)),
  );
}

async function reason(octets: Uint8Array, network?: Uint8Array) {
  const result = await verified(octets, network);
  return Result.isFailure(result) ? result.failure.reason : "good";
}

async function signerOf(octet: number): Promise<Signer> {
  const seeds = seedsFrom(new Uint8Array(32).fill(octet));
  return signerFor(await composite.open(seeds), ["avatar", "signal"]);
}

Deno.test("avatars: golden statements, by another codec, and with both implementations", async () => {
  const names = new Map(VECTORS.keys.map(({ name, id }) => [id, name]));
  for (const { about, hands, id, octets } of VECTORS.statements) {
    const { statement, hands: found } = parsed(octets);
    strictEqual(statementDigits(statement, found), octets, about);
    strictEqual(idOf(bodyDigits(statement)), id, about);
    const all = [statement.avatar, ...statement.neurons];
    deepStrictEqual(found.map(({ bundle }) => idOf(bundle)), all, about);
    const signed = all.filter((_, i) => found[i]?.signature !== undefined);
    deepStrictEqual(
      signed.map((one) => names.get(one)).sort(),
      [...hands].sort(),
      about,
    );
    for (const { bundle, signature } of found) {
      if (signature === undefined) continue;
      const good = await verifyPurpose(
        nobleComposite(),
        "avatar",
        Uint8Array.fromHex(bundle),
        Uint8Array.fromHex(bodyDigits(statement)),
        Uint8Array.fromHex(signature),
      );
      ok(good, about);
    }
    const decoded = Result.getOrThrow(
      decodeStatement(Uint8Array.fromHex(octets)),
    );
    strictEqual(
      toHex(encodeStatement(decoded.bodyOctets, decoded.hands)),
      octets,
    );
    const result = await verified(Uint8Array.fromHex(octets), NETWORK);
    if (about.endsWith("unsigned")) {
      ok(Result.isFailure(result));
      strictEqual(result.failure.reason, "unsigned");
      // Both neurons are named, and the avatar is not.
      for (const one of statement.neurons) {
        ok(result.failure.what.includes(one));
      }
      ok(!result.failure.what.includes("the avatar"));
      continue;
    }
    const { avatar, edition, neurons, time } = Result.getOrThrow(result);
    deepStrictEqual({ avatar, edition, neurons, time }, {
      avatar: statement.avatar,
      edition: statement.edition,
      neurons: statement.neurons,
      time: statement.time,
    });
  }
});

Deno.test("avatars: malformed vectors are refused where they are malformed", () => {
  ok(VECTORS.malformed.length > 15);
  for (const { name, offset, at, put, cut } of VECTORS.malformed) {
    const good = golden(0);
    const changed = cut === true
      ? good.slice(0, at)
      : new Uint8Array(Math.max(good.length, at + (put?.length ?? 0) / 2));
    if (put !== undefined) {
      changed.set(good);
      changed.set(Uint8Array.fromHex(put), at);
    }
    const result = decodeStatement(changed);
    ok(Result.isFailure(result), name);
    strictEqual(result.failure.offset, offset, `${name}: ${result.failure}`);
  }
});

Deno.test("avatars: control, and every prefix is malformed", async () => {
  const good = golden(0);
  strictEqual(await reason(good, NETWORK), "good");
  for (let length = 0; length < good.length; length += 97) {
    ok(
      Result.isFailure(decodeStatement(good.subarray(0, length))),
      `${length}`,
    );
  }
});

Deno.test("avatars: no field can be changed, and no hand be lent", async () => {
  const good = golden(0);
  const hands = 117 + 66;
  const hand = 1984 + 1 + 3373;
  const changed = (at: number, bit = 1) => {
    const copy = good.slice();
    copy[at]! ^= bit;
    return copy;
  };
  // One octet of every field, and what is told.
  const fields: readonly (readonly [string, Uint8Array, string])[] = [
    ["magic", changed(0), "malformed"],
    ["version", changed(4), "malformed"],
    ["network", changed(20), "wrong-network"],
    ["avatar", changed(60), "foreign-key"],
    ["edition", changed(71), "malformed"],
    ["previous", changed(90), "malformed"],
    ["time", changed(108), "bad-signature"],
    ["number of neurons", changed(116), "malformed"],
    ["first neuron", changed(149), "foreign-key"],
    ["second neuron", changed(182), "foreign-key"],
    ...[0, 1, 2].flatMap((i) => {
      const at = hands + i * hand;
      return [
        [`ML-DSA key ${i}`, changed(at), "foreign-key"],
        [`Ed25519 key ${i}`, changed(at + 1983), "foreign-key"],
        [`tag ${i}`, changed(at + 1984), "malformed"],
        [`ML-DSA half ${i}`, changed(at + 1985 + 7), "bad-signature"],
        [`Ed25519 half ${i}`, changed(at + hand - 40), "bad-signature"],
      ] as const;
    }),
  ];
  for (const [name, octets, told] of fields) {
    strictEqual(await reason(octets, NETWORK), told, name);
  }
  strictEqual(await reason(good, networkIdentity("other")), "wrong-network");
  const second = golden(1);
  for (const at of [71, 80]) {
    const copy = second.slice();
    copy[at]! ^= 2;
    strictEqual(await reason(copy), "bad-signature", "edition and previous");
  }
  const { bodyOctets, hands: kept } = Result.getOrThrow(decodeStatement(good));
  const swapped = encodeStatement(bodyOctets, [kept[0]!, kept[2]!, kept[1]!]);
  strictEqual(await reason(swapped), "foreign-key");
  const lent = kept.map((one) => ({ ...one, signature: kept[0]!.signature }));
  strictEqual(await reason(encodeStatement(bodyOctets, lent)), "bad-signature");
  // Signatures over another edition, and for another purpose.
  const other = Result.getOrThrow(decodeStatement(golden(1))).hands;
  const mixed = [
    { ...kept[0]!, signature: other[0]!.signature },
    kept[1]!,
    kept[2]!,
  ];
  strictEqual(
    await reason(encodeStatement(bodyOctets, mixed)),
    "bad-signature",
  );
  const avatar = await signerOf(0xa0);
  const asSignal = await avatar.sign("signal", bodyOctets);
  const posed = kept.with(0, { ...kept[0]!, signature: asSignal });
  strictEqual(
    await reason(encodeStatement(bodyOctets, posed)),
    "bad-signature",
  );
});

Deno.test("avatars: nobody has a foreign neuron, and no neuron a foreign avatar", async () => {
  const [avatar, mine, foreign] = [
    await signerOf(1),
    await signerOf(2),
    await signerOf(3),
  ];
  const drawn = Result.getOrThrow(drawUp({
    network: NETWORK,
    avatar: avatar.bundle,
    neurons: [foreign.bundle, mine.bundle],
    timeMs: 5,
  }));
  const sign = (octets: Uint8Array, ...hands: Signer[]) =>
    hands.reduce(
      async (before, one) =>
        await Effect.runPromise(signStatement(await before, one)),
      Promise.resolve(octets),
    );
  strictEqual(await reason(await sign(drawn, avatar, mine)), "unsigned");
  strictEqual(await reason(await sign(drawn, foreign, mine)), "unsigned");
  // The claimant signs in the foreign neuron's place.
  const claimed = Result.getOrThrow(
    decodeStatement(await sign(drawn, avatar, mine)),
  );
  const forged = claimed.hands.map((hand) => ({
    ...hand,
    signature: hand.signature ?? claimed.hands[0]!.signature,
  }));
  strictEqual(
    await reason(encodeStatement(claimed.bodyOctets, forged)),
    "bad-signature",
  );
  // With a bundle of his own in the foreign neuron's place.
  const place = claimed.hands.findIndex(({ signature }) =>
    signature === undefined
  );
  const posed = forged.with(place, {
    bundle: avatar.bundle,
    signature: claimed.hands[0]!.signature,
  });
  strictEqual(
    await reason(encodeStatement(claimed.bodyOctets, posed)),
    "foreign-key",
  );
  const stranger = await Effect.runPromise(
    Effect.flip(signStatement(drawn, await signerOf(9))),
  );
  match(stranger.what, /does not name this key/);
  // Control: with all three hands it holds, in whatever order they came.
  const whole = await sign(drawn, foreign, avatar, mine);
  strictEqual(await reason(whole), "good");
  strictEqual(toHex(await sign(drawn, mine, foreign, avatar)), toHex(whole));
  strictEqual(toHex(await sign(whole, mine)), toHex(whole), "signed once");
});

Deno.test("avatars: what cannot be drawn up", async () => {
  const [avatar, mine] = [await signerOf(1), await signerOf(2)];
  const draw = (neurons: readonly Uint8Array[], before?: Uint8Array) =>
    Result.mapError(
      drawUp({
        network: NETWORK,
        avatar: avatar.bundle,
        neurons,
        timeMs: 0,
        before: before && Result.getOrThrow(readStatement(before)),
      }),
      ({ what }) => what,
    );
  const refused = (result: ReturnType<typeof draw>) =>
    Result.isFailure(result) ? result.failure : "drawn";
  match(refused(draw([mine.bundle, mine.bundle])), /named twice/);
  match(refused(draw([avatar.bundle])), /not one of its own/);
  match(refused(draw([mine.bundle], golden(0))), /another avatar's/);
  const many = Array.from({ length: 65 }, (_, i) => {
    const bundle = mine.bundle.slice();
    bundle[0] = i;
    return bundle;
  });
  match(refused(draw(many)), /at most 64/);
  const most = Result.getOrThrow(draw(many.slice(1)));
  ok(most.length < STATEMENT_OCTETS_MAX);
  strictEqual(refused(draw([mine.bundle])), "drawn");
});

Deno.test("avatars: the later edition counts, and two of one edition are a contradiction", async () => {
  const [first, second, third] = await Promise.all(
    [0, 1, 2].map(async (i) => Result.getOrThrow(await verified(golden(i)))),
  );
  ok(first && second && third);
  const later = (a: Stated, b: Stated) => {
    const [one, other] = [laterOf(a, b), laterOf(b, a)];
    deepStrictEqual(
      Result.isSuccess(one) && one.success.id,
      Result.isSuccess(other) && other.success.id,
      "whichever is named first",
    );
    return Result.isSuccess(one) ? one.success.edition : one.failure.reason;
  };
  strictEqual(later(first, first), 0);
  strictEqual(later(first, second), 1);
  strictEqual(later(second, third), 2);
  strictEqual(later(first, third), 2, "what lies between is not here");
  const id = toHex(identityOf(new Uint8Array(1)));
  strictEqual(later(second, { ...second, id }), "contradiction");
  strictEqual(later(first, { ...second, previous: id }), "contradiction");
  strictEqual(second.previous, first.id);
});
