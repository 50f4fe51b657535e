/**
 * Capabilities: authority by identity. A copy of one carries none.
 *
 * Deliberately absent: look-up by name. Who should hold a capability is handed
 * it; who was not has no way to make one.
 */

/** Authority to call one contract of one cell, whatever its generation. */
export interface CellCap {
  readonly cell: string;
  /** Full name of the contract, e.g. `karyon:graph/reads@0.1.0`. */
  readonly contract: string;
}

/** The kernel's record of live capabilities. Never handed to a cell. */
export class CapTable {
  readonly #live = new WeakSet<CellCap>();

  mint(cell: string, contract: string): CellCap {
    const cap = Object.freeze({ cell, contract });
    this.#live.add(cap);
    return cap;
  }

  /** Takes effect at the next call; a call in flight runs to its end. */
  revoke(cap: CellCap): void {
    this.#live.delete(cap);
  }

  isLive(cap: CellCap): boolean {
    return this.#live.has(cap);
  }
}
