/**
 * A proposal with its signatures, and its JSON form for files and HTTP.
 *
 * `parseBundle` is strict and total: any text gives a bundle or a refusal with
 * the place of the fault. The signed octets travel inside the JSON unchanged,
 * so no two programs can disagree on what was signed. Adding a signature never
 * changes the document.
 */
import { Effect, Result, Schema } from "effect";
import {
  equalOctets,
  fromBase64,
  identityFromText,
  identityText,
  SIGNATURE_OCTETS,
  type Signer,
  toBase64,
} from "../crypto/mod.ts";
import {
  BUNDLE_TEXT_CHARS_MAX,
  DOCUMENT_OCTETS_MAX,
  SIGNATURES_MAX,
} from "./limits.ts";
import { decodeProposal, type Proposal, proposalIdentity } from "./proposal.ts";
import { ProposalRefused } from "./refusals.ts";

export const BUNDLE_FORMAT = "karyon-proposal-1";

export interface ProposalSignature {
  /** The identity of the governor's key bundle. */
  readonly governor: Uint8Array;
  readonly signature: Uint8Array;
}

export interface ProposalBundle {
  /** The identity of the document, as text. */
  readonly id: string;
  readonly document: Uint8Array;
  readonly proposal: Proposal;
  readonly signatures: readonly ProposalSignature[];
}

const BundleJson = Schema.Struct({
  format: Schema.Literal(BUNDLE_FORMAT),
  document: Schema.String,
  signatures: Schema.Array(
    Schema.Struct({ governor: Schema.String, signature: Schema.String }),
  ).check(Schema.isMaxLength(SIGNATURES_MAX)),
});
const decodeJson = Schema.decodeUnknownResult(BundleJson, {
  onExcessProperty: "error",
});

/** A bundle from JSON text; signatures are not verified here. */
export function parseBundle(
  text: string,
): Result.Result<ProposalBundle, ProposalRefused> {
  if (text.length > BUNDLE_TEXT_CHARS_MAX) {
    return malformed("text", `it has ${text.length} characters`);
  }
  const json = parseJson(text);
  if (json === undefined) return malformed("text", "it is not JSON");
  const decoded = decodeJson(json.value);
  if (Result.isFailure(decoded)) {
    return malformed("text", oneLine(decoded.failure.message));
  }
  const document = fromBase64(decoded.success.document);
  if (document === undefined) {
    return malformed("document", "it is not canonical base64");
  }
  const signatures: ProposalSignature[] = [];
  for (const [index, one] of decoded.success.signatures.entries()) {
    const governor = identityFromText(one.governor);
    if (governor === undefined) {
      return malformed(`signatures[${index}].governor`, "not an identity");
    }
    const signature = fromBase64(one.signature);
    if (signature?.length !== SIGNATURE_OCTETS) {
      return malformed(
        `signatures[${index}].signature`,
        `not ${SIGNATURE_OCTETS} octets in base64`,
      );
    }
    signatures.push({ governor, signature });
  }
  return bundleOf(document, signatures);
}

/** A bundle over a document's octets, which must decode. */
export function bundleOf(
  document: Uint8Array,
  signatures: readonly ProposalSignature[],
): Result.Result<ProposalBundle, ProposalRefused> {
  if (document.length > DOCUMENT_OCTETS_MAX) {
    return malformed("document", `it has ${document.length} octets`);
  }
  const decoded = decodeProposal(document);
  if (Result.isFailure(decoded)) {
    const { offset, rule } = decoded.failure;
    return malformed(`document octet ${offset}`, rule);
  }
  return Result.succeed({
    id: identityText(proposalIdentity(document)),
    document,
    proposal: decoded.success,
    signatures,
  });
}

/** The JSON text of a bundle, with a line feed at its end. */
export function renderBundle(bundle: ProposalBundle): string {
  const json = {
    format: BUNDLE_FORMAT,
    document: toBase64(bundle.document),
    signatures: bundle.signatures.map(({ governor, signature }) => ({
      governor: identityText(governor),
      signature: toBase64(signature),
    })),
  };
  return JSON.stringify(json, null, 2) + "\n";
}

/** The bundle with this governor's signature, in place of an older one. */
export const signBundle = Effect.fn("governance.sign")(
  function* (bundle: ProposalBundle, signer: Signer) {
    const signature = yield* Effect.promise(() =>
      signer.sign("proposal", bundle.document)
    );
    const others = bundle.signatures
      .filter(({ governor }) => !equalOctets(governor, signer.id));
    if (others.length >= SIGNATURES_MAX) {
      return yield* new ProposalRefused({
        rule: "malformed",
        place: "signatures",
        what: `there are ${others.length} signatures already`,
        fix: `remove some; at most ${SIGNATURES_MAX} travel in one bundle`,
      });
    }
    const signed: ProposalBundle = {
      ...bundle,
      signatures: [...others, { governor: signer.id, signature }],
    };
    return signed;
  },
);

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined; // not JSON, or nested past the engine's stack
  }
}

function malformed(
  place: string,
  what: string,
): Result.Result<never, ProposalRefused> {
  return Result.fail(
    new ProposalRefused({
      rule: "malformed",
      place,
      what,
      fix: "send the file that `propose` and `sign` wrote, unchanged",
    }),
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 200);
}
