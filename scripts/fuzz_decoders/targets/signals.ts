/** node/signals: bodies, signed signals, envelopes, contents, drafts. */
import {
  BUNDLE_OCTETS,
  concatOctets,
  Malformed,
  Writer,
} from "../../../kernel/crypto/mod.ts";
import {
  decodeStatement,
  encodeStatement,
  encodeStatementBody,
} from "../../../node/avatars/mod.ts";
import {
  decodePair,
  encodePair,
  NoEvidence,
} from "../../../node/evidence/mod.ts";
import { parsePath, pathText } from "../../../node/names/mod.ts";
import { Chance } from "../../../kernel/crypto/test_chance.ts";
import {
  composeBody,
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
  type Valence,
} from "../../../node/signals/mod.ts";
import { identityOf } from "../../../kernel/crypto/mod.ts";
import {
  fromHex,
  hold,
  isCanonical,
  judged,
  octetsTarget,
  type Target,
  vectors,
} from "../target.ts";

const isMalformed = (failure: unknown) => failure instanceof Malformed;

interface Golden {
  readonly draft: string;
  readonly body: string;
  readonly contents: string;
  readonly signature: string;
  readonly envelope: string;
}

const golden = () => vectors("graph/signal").signals as readonly Golden[];
const field = (name: keyof Golden) => () =>
  golden().map((signal) => fromHex(signal[name]));

/** Signals of version 2: operations behind the links. */
const operations = (name: "draft" | "body") =>
  (vectors("graph/operations").signals as readonly Golden[]).map((signal) =>
    fromHex(signal[name])
  );

/** Drafts of every shape: both kinds of ends, tokens, odd amounts. */
export function someDrafts(): DraftLink[][] {
  const chance = new Chance(7);
  const token = identityOf(chance.octets(4));
  const end = (): DraftEnd =>
    chance.below(2) === 0
      ? { content: chance.octets(chance.below(40)) }
      : { identity: identityOf(chance.octets(4)) };
  const link = (): DraftLink => ({
    from: end(),
    to: end(),
    ...(chance.below(2) === 0 ? {} : { token }),
    amount: chance.pick([0n, 1n, 255n, (1n << 48n) - 1n]),
    valence: chance.pick<Valence>([-1, 0, 1]),
  });
  return [1, 3, 20].map((links) => Array.from({ length: links }, link));
}

function someBodies(): Uint8Array[] {
  const chance = new Chance(8);
  const id = () => identityOf(chance.octets(4));
  return someDrafts().map((draft, step) =>
    composeBody({
      network: id(),
      neuron: id(),
      step: BigInt(step),
      previous: step === 0 ? new Uint8Array(33) : id(),
      time: BigInt(chance.below(1e9)),
    }, draft).body
  );
}

export const SIGNALS: readonly Target[] = [
  octetsTarget({
    name: "signal-body",
    about: "the body of a signal, on the host's side",
    seeds: () => [
      ...field("body")(),
      ...operations("body"),
      ...someBodies(),
    ],
    run: (octets) =>
      judged(
        decodeBody(octets),
        isMalformed,
        (body) => isCanonical(octets, encodeBody(body)),
      ),
  }),
  octetsTarget({
    name: "signal",
    about: "a body and its signature",
    seeds: () =>
      golden().map(({ body, signature }) =>
        concatOctets([fromHex(body), fromHex(signature)])
      ),
    run: (octets) =>
      judged(
        decodeSignal(octets),
        isMalformed,
        ({ body, signature }) =>
          isCanonical(octets, concatOctets([encodeBody(body), signature])),
      ),
  }),
  octetsTarget({
    name: "envelope",
    about: "what POST /v1/signals takes",
    seeds: field("envelope"),
    run: (octets) =>
      judged(
        decodeEnvelope(octets),
        isMalformed,
        ({ signal, contents }) =>
          isCanonical(octets, encodeEnvelope(signal.octets, contents)),
      ),
  }),
  octetsTarget({
    name: "contents",
    about: "the contents beside a signal",
    seeds: field("contents"),
    run: (octets) =>
      judged(
        decodeContents(octets),
        isMalformed,
        (contents) => isCanonical(octets, encodeContents(contents)),
      ),
  }),
  octetsTarget({
    name: "draft",
    about: "links by content or identity",
    seeds: () => [
      ...field("draft")(),
      ...someDrafts().map((links) => encodeDraft(links)),
    ],
    run: (octets) =>
      judged(
        decodeDraft(octets),
        isMalformed,
        (links) => isCanonical(octets, encodeDraft(links)),
      ),
  }),
  octetsTarget({
    name: "evidence",
    about: "two signals of one step, with the key bundle",
    seeds: () => {
      const [a, b] = golden().map(({ body, signature }) =>
        concatOctets([fromHex(body), fromHex(signature)])
      );
      const bundle = new Uint8Array(BUNDLE_OCTETS);
      return a && b ? [encodePair(bundle, a, b), encodePair(bundle, a, a)] : [];
    },
    run: (octets) =>
      judged(
        decodePair(octets),
        (failure) => failure instanceof NoEvidence,
        ({ bundle, signals: [a, b] }) =>
          isCanonical(octets, pairOctets(bundle, a.octets, b.octets)),
      ),
  }),
  octetsTarget({
    name: "avatar",
    about: "a statement that neurons belong to one avatar",
    seeds: () =>
      vectors("graph/avatar").statements.map((
        { octets }: { readonly octets: string },
      ) => fromHex(octets)),
    run: (octets) =>
      judged(
        decodeStatement(octets),
        isMalformed,
        ({ bodyOctets, body, hands }) => {
          isCanonical(octets, encodeStatement(bodyOctets, hands));
          isCanonical(bodyOctets, encodeStatementBody(body));
        },
      ),
  }),
  octetsTarget({
    name: "name-path",
    about: "a path of a name, from any text",
    seeds: () =>
      ["~me/a/b", `~01${"5a".repeat(32)}/\u00fc/x.md`, "~me"].map((text) =>
        new TextEncoder().encode(text)
      ),
    run: (octets) => {
      const text = new TextDecoder().decode(octets);
      return judged(
        parsePath(text),
        (failure) => typeof failure === "string" && failure !== "",
        (path) => hold(pathText(path) === text, "a path has one spelling"),
      );
    },
  }),
];

/** As `encodePair`, in the order that was given. */
function pairOctets(bundle: Uint8Array, a: Uint8Array, b: Uint8Array) {
  return new Writer().text("KEQV").u8(1).octets(bundle)
    .u32(a.length).octets(a).u32(b.length).octets(b).done();
}
