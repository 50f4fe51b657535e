/** Golden vectors of statements about avatars, for `vectors_graph.ts`. */
import { Effect, Result } from "effect";
import { drawUp, readStatement, signStatement } from "../node/avatars/mod.ts";
import {
  networkIdentity,
  nobleComposite,
  seedsFrom,
  type Signer,
  signerFor,
  toHex,
} from "../kernel/crypto/mod.ts";

const TIME_MS = 1_796_000_200_000;
/** Each key has a master of this octet, 32 times. */
const MASTERS = { avatar: 0xa0, laptop: 0xa1, phone: 0xa2, tablet: 0xa3 };

interface Malformed {
  readonly name: string;
  /** Where the field begins that breaks the rule. */
  readonly offset: number;
  /** What is changed: octets at a place, or what is left away behind it. */
  readonly at: number;
  readonly put?: string;
  readonly cut?: true;
}

export async function avatarVectors(network: string) {
  const composite = nobleComposite();
  const keys = new Map<string, Signer>();
  for (const [name, octet] of Object.entries(MASTERS)) {
    const seeds = seedsFrom(new Uint8Array(32).fill(octet));
    keys.set(name, signerFor(await composite.open(seeds), ["avatar"]));
  }
  const key = (name: string) => keys.get(name)!;
  const made: { about: string; hands: string[]; octets: Uint8Array }[] = [];
  const make = async (
    about: string,
    neurons: readonly string[],
    hands: readonly string[],
    before?: Uint8Array,
  ) => {
    let octets: Uint8Array<ArrayBuffer> = Result.getOrThrow(drawUp({
      network: networkIdentity(network),
      avatar: key("avatar").bundle,
      neurons: neurons.map((name) => key(name).bundle),
      timeMs: TIME_MS + made.length * 1000,
      before: before && Result.getOrThrow(readStatement(before)),
    }));
    for (const hand of hands) {
      octets = await Effect.runPromise(signStatement(octets, key(hand)));
    }
    made.push({ about, hands: [...hands], octets });
    return octets;
  };
  const both = ["laptop", "phone"];
  const first = await make("two neurons", both, ["avatar", ...both]);
  const second = await make(
    "the phone is lost, a tablet came; it follows the first one",
    ["tablet", "laptop"],
    ["laptop", "avatar", "tablet"],
    first,
  );
  await make("no neurons any more", [], ["avatar"], second);
  await make("signed by the avatar alone: unsigned", both, ["avatar"], second);
  return {
    about: "Statements about one avatar. `octets` are whole; `id` is the " +
      "identity of the body. `malformed` are changes of the first one's " +
      "octets: `put` at `at`, or all left away from `at` on; `offset` is where " +
      "the field begins that breaks the rule.",
    keys: Object.entries(MASTERS).map(([name, octet]) => ({
      name,
      master: toHex(new Uint8Array(32).fill(octet)),
      id: toHex(key(name).id),
    })),
    statements: made.map(({ about, hands, octets }) => ({
      about,
      hands,
      id: toHex(Result.getOrThrow(readStatement(octets)).id),
      octets: toHex(octets),
    })),
    malformed: malformed(first),
  };
}

function malformed(octets: Uint8Array): readonly Malformed[] {
  const [one, two] = [117, 150].map((at) => toHex(octets.slice(at, at + 33)));
  const avatar = toHex(octets.slice(38, 71));
  const hands = 117 + 2 * 33;
  const tag = hands + 1984;
  return [
    { name: "empty", offset: 0, at: 0, cut: true },
    { name: "magic_unknown", offset: 0, at: 0, put: "6b" },
    { name: "version_unknown", offset: 4, at: 4, put: "02" },
    { name: "network_of_another_hash", offset: 5, at: 5, put: "02" },
    { name: "avatar_of_another_hash", offset: 38, at: 38, put: "00" },
    { name: "previous_in_edition_0", offset: 75, at: 107, put: "01" },
    { name: "edition_without_previous", offset: 75, at: 71, put: "01" },
    { name: "time_too_large", offset: 108, at: 114, put: "20" },
    { name: "too_many_neurons", offset: 116, at: 116, put: "41" },
    { name: "neurons_descend", offset: 150, at: 117, put: `${two}${one}` },
    { name: "neuron_twice", offset: 150, at: 150, put: `${one}` },
    { name: "neuron_of_another_hash", offset: 117, at: 117, put: "03" },
    { name: "avatar_among_neurons", offset: 117, at: 117, put: avatar },
    { name: "body_cut", offset: 150, at: 160, cut: true },
    { name: "bundle_cut", offset: hands, at: hands + 1983, cut: true },
    { name: "tag_unknown", offset: tag, at: tag, put: "02" },
    { name: "signature_cut", offset: tag + 1, at: tag + 3373, cut: true },
    {
      name: "hand_missing",
      offset: tag + 1 + 3373,
      at: tag + 1 + 3373,
      cut: true,
    },
    {
      name: "octet_after_end",
      offset: octets.length,
      at: octets.length,
      put: "00",
    },
  ];
}
