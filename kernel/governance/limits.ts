/**
 * Bounds of proposals, policies and the audit log. All lengths in octets.
 */
import { IDENTITY_OCTETS, SIGNATURE_OCTETS } from "../crypto/mod.ts";
import { must } from "../limits.ts";

export const NONCE_OCTETS = 16;
export const CELL_NAME_OCTETS_MAX = 64;
export const ARGUMENT_OCTETS_MAX = 4096;
export const NOTE_OCTETS_MAX = 1024;
/** A document without cell, argument and note. */
export const DOCUMENT_OCTETS_MIN = 177;
export const DOCUMENT_OCTETS_MAX = DOCUMENT_OCTETS_MIN + CELL_NAME_OCTETS_MAX +
  ARGUMENT_OCTETS_MAX + NOTE_OCTETS_MAX;

export const GOVERNORS_MAX = 64;
/** Signatures in one bundle, repeats included. */
export const SIGNATURES_MAX = GOVERNORS_MAX;
export const BUNDLE_TEXT_CHARS_MAX = 512 * 1024;

/** Whose word on drivers a policy takes. */
export const CONFORMERS_MAX = 32;
export const REPORT_DAYS_MAX = 3650;
export const REPORT_OCTETS_MAX = 1 << 20;

export const MANIFEST_OCTETS_MAX = 65_536;
export const COMPONENT_OCTETS_MAX = 64 << 20;
/** Proposals that a node keeps; the next one is refused. */
export const PROPOSALS_MAX = 10_000;
/** A proposal may not be valid for longer than this. */
export const VALIDITY_MS_MAX = 90 * 24 * 60 * 60 * 1000;

export const AUDIT_PAYLOAD_OCTETS_MAX = 131_072;
export const AUDIT_FACTS_MAX = 16;
export const AUDIT_NAME_OCTETS_MAX = 32;
/** A longer text is cut, with a mark at its end. */
export const AUDIT_TEXT_OCTETS_MAX = 4608;
/** Refusals that are written per window; the rest is counted in the next. */
export const AUDIT_REFUSALS_PER_WINDOW = 60;
export const AUDIT_WINDOW_MS = 60_000;

must(
  2 + GOVERNORS_MAX * (IDENTITY_OCTETS + 1) + 3 +
      CONFORMERS_MAX * IDENTITY_OCTETS <= ARGUMENT_OCTETS_MAX,
  "the largest policy fits an argument",
);
must(
  Math.ceil(SIGNATURE_OCTETS / 3) * 4 * SIGNATURES_MAX +
      Math.ceil(DOCUMENT_OCTETS_MAX / 3) * 4 + 200 * SIGNATURES_MAX <
    BUNDLE_TEXT_CHARS_MAX,
  "the largest bundle fits its text",
);
must(
  18 + AUDIT_FACTS_MAX * (3 + AUDIT_NAME_OCTETS_MAX + AUDIT_TEXT_OCTETS_MAX) <=
    AUDIT_PAYLOAD_OCTETS_MAX,
  "the largest record fits",
);
must(
  GOVERNORS_MAX * (2 * IDENTITY_OCTETS + 1) <= AUDIT_TEXT_OCTETS_MAX,
  "the names of all governors fit one fact",
);
