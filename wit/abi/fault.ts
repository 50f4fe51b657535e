/**
 * The error that ends a generation because its cell broke the canonical ABI.
 */

/** A cell handed over something that its contract cannot mean; the message says what. */
export class AbiFault extends Error {
  override readonly name = "AbiFault";
}

/** Throws an `AbiFault`. */
export function fault(what: string): never {
  throw new AbiFault(what);
}
