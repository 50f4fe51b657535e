/**
 * Why a core module was not rewritten.
 *
 * The rewriter throws nothing else, whatever the bytes are.
 */

/** Who is wrong: the bytes, what they ask for, or how much of it. */
export type ModuleRefusalKind = "malformed" | "unsupported" | "too-large";

/** A module that cannot be made stoppable, with the place of the reason. */
export class ModuleRefusal extends Error {
  readonly kind: ModuleRefusalKind;
  /** Octets from the start of the core module. */
  readonly offset: number;
  readonly reason: string;

  constructor(kind: ModuleRefusalKind, offset: number, reason: string) {
    super(`${reason} (at octet ${offset} of the core module)`);
    this.name = "ModuleRefusal";
    this.kind = kind;
    this.offset = offset;
    this.reason = reason;
  }
}
