/**
 * Signed documents: the Dead Simple Signing Envelope, with composite signatures.
 *
 *   signature = Sign(PAE(type, body)), PAE = "DSSEv1" SP LEN(type) SP type SP
 *   LEN(body) SP body, lengths in decimal digits
 *
 * Each signature carries its key bundle (`bundle`, a field that the format
 * leaves free), and `keyid` is the bundle's identity. Whether that key is to be
 * trusted is the reader's question.
 *
 * Source: https://github.com/secure-systems-lab/dsse, protocol.md 1.0
 */
import { Result, Schema } from "effect";
import {
  BUNDLE_OCTETS,
  type Composite,
  concatOctets,
  fromBase64,
  identityOf,
  identityText,
  type Purpose,
  type Signer,
  toBase64,
  utf8,
  verifyPurpose,
} from "../../kernel/crypto/mod.ts";

const SIGNATURES_MAX = 16;
const ENVELOPE_CHARS_MAX = 4 * 1024 * 1024;

/** A field more is no fault: the format asks readers to pass over it. */
const Envelope = Schema.fromJsonString(Schema.Struct({
  payloadType: Schema.String,
  payload: Schema.String,
  signatures: Schema.Array(Schema.Struct({
    keyid: Schema.String,
    sig: Schema.String,
    bundle: Schema.String,
  })).check(Schema.isMinLength(1), Schema.isMaxLength(SIGNATURES_MAX)),
}));
const decode = Schema.decodeUnknownResult(Envelope);

export interface Signed {
  readonly type: string;
  readonly payload: Uint8Array;
  /** The identities of the keys whose signatures are good: all there are. */
  readonly signers: readonly string[];
}

/** Why an envelope says nothing. */
export class NotSigned extends Error {
  override readonly name = "NotSigned";
}

/** What a signature is over. */
export function preAuthentication(
  type: string,
  payload: Uint8Array,
): Uint8Array {
  const name = utf8(type);
  const head = utf8(`DSSEv1 ${name.length} ${type} ${payload.length} `);
  return concatOctets([head, payload]);
}

/** The envelope's text, with one signature. */
export async function seal(
  type: string,
  payload: Uint8Array,
  signer: Signer,
  purpose: Purpose,
): Promise<string> {
  const message = preAuthentication(type, payload);
  const envelope = {
    payloadType: type,
    payload: toBase64(payload),
    signatures: [{
      keyid: identityText(signer.id),
      sig: toBase64(await signer.sign(purpose, message)),
      bundle: toBase64(signer.bundle),
    }],
  };
  return `${JSON.stringify(envelope, null, 2)}\n`;
}

/** Opens an envelope whose signatures are all good; else throws `NotSigned`. */
export async function open(
  text: string,
  composite: Composite,
  purpose: Purpose,
): Promise<Signed> {
  const decoded = text.length > ENVELOPE_CHARS_MAX ? undefined : decode(text);
  if (decoded === undefined || Result.isFailure(decoded)) {
    throw new NotSigned("it is no signed document (DSSE)");
  }
  const { payloadType: type, signatures } = decoded.success;
  const payload = fromBase64(decoded.success.payload);
  if (payload === undefined) throw new NotSigned("its payload is not base64");
  const message = preAuthentication(type, payload);
  const signers: string[] = [];
  for (const { keyid, sig, bundle } of signatures) {
    const keys = fromBase64(bundle);
    if (keys?.length !== BUNDLE_OCTETS) {
      throw new NotSigned("a key is not whole");
    }
    const signer = identityText(identityOf(keys));
    const signature = fromBase64(sig) ?? new Uint8Array();
    const good = keyid === signer &&
      await verifyPurpose(composite, purpose, keys, message, signature);
    if (!good) throw new NotSigned(`the signature of ${signer} is not good`);
    signers.push(signer);
  }
  return { type, payload, signers };
}
