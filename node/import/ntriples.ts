/**
 * Links from N-Triples (W3C, 1.1).
 *
 * A triple gives two links: subject -> object, and predicate -> the axon of
 * that link, which labels it. An IRI's content is its text without brackets, a
 * literal's is its text (language and datatype are checked, then left out), a
 * blank node's is `_:` and its label; inside a `scope`, `_:scope/label`, so
 * that nodes of two files stay apart. Escapes are resolved first.
 *
 * Deliberately absent: a carriage return alone as the end of a line, and the
 * triple terms of later drafts; both are refused.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import type { Batch, ImportOptions } from "./batch.ts";
import type { DraftWriter } from "./draft.ts";
import { importLines, type LineFormat } from "./line_format.ts";
import {
  HASHES_KEPT_MAX,
  IDENTITY_OCTETS,
  LINE_OCTETS_MAX,
  LINK_OVERHEAD_OCTETS,
} from "./limits.ts";
import { readTriple, type Term } from "./ntriples_grammar.ts";
import { type Fault, ImportRefusal } from "./refusal.ts";

const HASH_BLAKE3 = 1;
/** Terms up to this long are kept with their hash. */
const KEPT_OCTETS_MAX = 256;
const SCOPE = /^[0-9A-Za-z]{0,64}$/;

export interface NTriplesOptions extends ImportOptions {
  /** Letters and digits that set this source's blank nodes apart. */
  readonly scope?: string;
}

/** Batches of the links in a source of N-Triples. */
export function importNTriples(
  source: AsyncIterable<Uint8Array>,
  options: NTriplesOptions = {},
): AsyncGenerator<Batch> {
  const scope = options.scope ?? "";
  if (!SCOPE.test(scope)) {
    throw new ImportRefusal(`not a scope of letters and digits: "${scope}"`);
  }
  return importLines(source, options, new TripleReader(scope));
}

class TripleReader implements LineFormat {
  readonly linksMax = 2;
  readonly overheadOctets: number;
  readonly #scope: Uint8Array;
  readonly #hashes = new Map<string, Uint8Array>();

  constructor(scope: string) {
    const prefix = scope === "" ? "_:" : `_:${scope}/`;
    this.#scope = new TextEncoder().encode(prefix);
    this.overheadOctets = 2 * LINK_OVERHEAD_OCTETS + IDENTITY_OCTETS +
      2 * this.#scope.length;
  }

  read(
    octets: Uint8Array,
    start: number,
    end: number,
    writer: DraftWriter,
  ): Fault | undefined {
    const triple = readTriple(octets, start, end);
    if (triple === undefined) return undefined;
    if ("reason" in triple) return triple;
    const subject = this.#content(triple.subject);
    const object = this.#content(triple.object);
    if (subject.length > LINE_OCTETS_MAX || object.length > LINE_OCTETS_MAX) {
      return { reason: "a blank node's label is too long for a content" };
    }
    writer.content(subject);
    writer.content(object);
    writer.finish();
    writer.content(triple.predicate.octets);
    writer.identity(axonOf(this.#identity(subject), this.#identity(object)));
    writer.finish();
    return undefined;
  }

  #content(term: Term): Uint8Array {
    if (term.kind !== "blank") return term.octets;
    const content = new Uint8Array(this.#scope.length + term.octets.length);
    content.set(this.#scope);
    content.set(term.octets, this.#scope.length);
    return content;
  }

  #identity(content: Uint8Array): Uint8Array {
    if (content.length > KEPT_OCTETS_MAX) return identityOf(content);
    // Latin-1 gives each octet its own character, so keys are exact.
    const key = String.fromCharCode(...content);
    let id = this.#hashes.get(key);
    if (id === undefined) {
      if (this.#hashes.size >= HASHES_KEPT_MAX) this.#hashes.clear();
      id = identityOf(content);
      this.#hashes.set(key, id);
    }
    return id;
  }
}

/** The particle of a content. */
export function identityOf(content: Uint8Array): Uint8Array {
  const id = new Uint8Array(IDENTITY_OCTETS);
  id[0] = HASH_BLAKE3;
  id.set(blake3(content), 1);
  return id;
}

/** The particle of the edge between two particles. */
export function axonOf(from: Uint8Array, to: Uint8Array): Uint8Array {
  const ends = new Uint8Array(2 * IDENTITY_OCTETS);
  ends.set(from);
  ends.set(to, IDENTITY_OCTETS);
  return identityOf(ends);
}
