/** Evidence of equivocation: golden octets, by another codec, and changed. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import {
  bodyOf,
  identityOf,
  joined,
  number,
  utf8,
} from "../cells/graph/testing/signals.ts";
import {
  nobleComposite,
  platformComposite,
  toHex,
} from "../kernel/crypto/mod.ts";
import {
  decodePair,
  encodePair,
  showsEquivocation,
} from "../node/evidence/mod.ts";

interface Vectors {
  readonly id: string;
  readonly neuron: string;
  readonly step: number;
  readonly bundles: readonly string[];
  readonly signals: readonly { about: string; octets: string }[];
  readonly ids: readonly [string, string];
  readonly pair: string;
  readonly nothing: readonly {
    readonly bundle: number;
    readonly first: number;
    readonly second: number;
    readonly why: string;
  }[];
  readonly malformed: readonly {
    readonly name: string;
    readonly at: number;
    readonly put?: string;
    readonly cut?: true;
  }[];
}

const VECTORS: Vectors = JSON.parse(Deno.readTextFileSync(
  new URL("../conformance/vectors/graph/evidence.json", import.meta.url),
));
const composite = await platformComposite();
const fromHex = (digits: string) => Uint8Array.fromHex(digits);
const pair = fromHex(VECTORS.pair);
const SIGNATURE = 3373;

async function shown(octets: Uint8Array, by = composite) {
  const decoded = decodePair(octets);
  if (Result.isFailure(decoded)) return decoded.failure.message;
  const result = await Effect.runPromise(
    Effect.result(showsEquivocation(by, decoded.success)),
  );
  return Result.isSuccess(result) ? result.success : result.failure.message;
}

/** The octets of `node/evidence`, from the words alone. */
function plainPair(bundle: string, first: string, second: string): string {
  const one = (digits: string) =>
    joined([number(digits.length / 2, 4), fromHex(digits)]);
  return toHex(
    joined([
      utf8("KEQV"),
      Uint8Array.of(1),
      fromHex(bundle),
      one(first),
      one(second),
    ]),
  );
}

Deno.test("evidence: the golden pair, by another codec and both implementations", async () => {
  const [bundle = ""] = VECTORS.bundles;
  const [low, high] = VECTORS.signals.map(({ octets }) => octets);
  strictEqual(plainPair(bundle, low!, high!), VECTORS.pair);
  strictEqual(toHex(identityOf(fromHex(bundle))), VECTORS.neuron);
  // Whichever is named first, the octets are the same.
  const both = [low!, high!].map(fromHex) as [Uint8Array, Uint8Array];
  strictEqual(toHex(encodePair(fromHex(bundle), ...both)), VECTORS.pair);
  strictEqual(
    toHex(encodePair(fromHex(bundle), both[1], both[0])),
    VECTORS.pair,
  );
  // The signals are what the other codec of signals makes of their fields.
  const decoded = Result.getOrThrow(decodePair(pair));
  for (const [i, { body, bodyOctets }] of decoded.signals.entries()) {
    const { tokens, links, ...rest } = body;
    const again = bodyOf({
      ...rest,
      operations: [],
      links: links.map((link) => ({ ...link, token: tokens[link.token]! })),
    });
    strictEqual(toHex(again), toHex(bodyOctets));
    strictEqual(toHex(identityOf(again)), VECTORS.ids[i]);
  }
  for (const by of [composite, nobleComposite()]) {
    deepStrictEqual(await shown(pair, by), {
      id: VECTORS.id,
      neuron: VECTORS.neuron,
      step: BigInt(VECTORS.step),
      signals: VECTORS.ids,
    });
  }
});

Deno.test("evidence: pairs that show nothing, and why", async () => {
  for (const { bundle, first, second, why } of VECTORS.nothing) {
    const digits = plainPair(
      VECTORS.bundles[bundle] ?? "",
      VECTORS.signals[first]?.octets ?? "",
      VECTORS.signals[second]?.octets ?? "",
    );
    const said = await shown(fromHex(digits));
    strictEqual(typeof said, "string", why);
    ok(String(said).includes(why), `${said}, not ${why}`);
  }
  for (const { name, at, put, cut } of VECTORS.malformed) {
    const length = Math.max(pair.length, at + (put?.length ?? 0) / 2);
    const changed = new Uint8Array(cut ? at : length);
    changed.set(pair.subarray(0, changed.length));
    if (put !== undefined) changed.set(fromHex(put), at);
    ok(Result.isFailure(decodePair(changed)), name);
  }
});

Deno.test("evidence: no field of the golden pair can be changed", async () => {
  const first = 5 + 1984 + 4;
  const length = (VECTORS.signals[0]?.octets.length ?? 0) / 2;
  const second = first + length + 4;
  const body = length - SIGNATURE;
  const inSignal = {
    magic: 0,
    version: 4,
    network: 20,
    neuron: 50,
    step: 71,
    previous: 90,
    time: 112,
    tokens: 120,
    token: 140,
    links: 154,
    from: 170,
    to: 210,
    "token of a link": 222,
    amount: 224,
    valence: 231,
    "ML-DSA half": body + 9,
    "Ed25519 half": length - 3,
  };
  const fields = [
    ["magic", 0],
    ["version", 4],
    ["ML-DSA key", 100],
    ["Ed25519 key", 5 + 1984 - 1],
    ["length of the first", first - 4],
    ["length of the second", second - 4],
    ...[first, second].flatMap((from) =>
      Object.entries(inSignal).map(([name, at]) => [name, from + at] as const)
    ),
  ] as const;
  for (const [name, at] of fields) {
    const forged = pair.slice();
    forged[at]! ^= 1;
    const said = await shown(forged);
    strictEqual(typeof said, "string", `${name} at ${at}`);
  }
  match(String(await shown(pair.slice(0, -1))), /malformed/);
});
