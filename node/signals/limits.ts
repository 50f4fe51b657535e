/**
 * Bounds of signals, drafts and envelopes; `encodings.md` is their source.
 */
import { IDENTITY_OCTETS, SIGNATURE_OCTETS } from "../../kernel/crypto/mod.ts";
import { must } from "../../kernel/limits.ts";

export const TOKENS_MAX = 255;
export const LINKS_MAX = 4096;
export const CONTENT_OCTETS_MAX = 1 << 20;
/** One above the largest amount. */
export const AMOUNT_END = 1n << 48n;
export const OPERATIONS_MAX = 1024;
/** The longest operation: mint and pay. */
export const OPERATION_OCTETS_MAX = 75;
/** Octets before the tokens. */
export const HEAD_OCTETS = 121;
export const LINK_OCTETS = 76;
/** One token and one link. */
export const BODY_OCTETS_MIN = HEAD_OCTETS + IDENTITY_OCTETS + 2 + LINK_OCTETS;
export const BODY_OCTETS_MAX = HEAD_OCTETS + TOKENS_MAX * IDENTITY_OCTETS + 2 +
  LINKS_MAX * LINK_OCTETS + 2 + OPERATIONS_MAX * OPERATION_OCTETS_MAX;
export const SIGNAL_OCTETS_MAX = BODY_OCTETS_MAX + SIGNATURE_OCTETS;
/** All contents that may come with one signal. */
export const CONTENTS_OCTETS_MAX = 16 << 20;
export const ENVELOPE_OCTETS_MAX = 4 + SIGNAL_OCTETS_MAX + CONTENTS_OCTETS_MAX;

must(BODY_OCTETS_MIN === 232, "a head, a token, a count and a link");
must(CONTENT_OCTETS_MAX < CONTENTS_OCTETS_MAX, "a whole content fits");
