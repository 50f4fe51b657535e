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

/** What `mint` makes. Asked on every call, so being live is a field of it. */
class Minted implements CellCap {
  #table: CapTable | undefined;

  constructor(
    readonly cell: string,
    readonly contract: string,
    table: CapTable,
  ) {
    this.#table = table;
    Object.freeze(this);
  }

  static isLive(cap: CellCap, table: CapTable): boolean {
    return #table in cap && cap.#table === table;
  }

  static revoke(cap: CellCap, table: CapTable): void {
    if (#table in cap && cap.#table === table) cap.#table = undefined;
  }
}

/** The kernel's record of live capabilities. Never handed to a cell. */
export class CapTable {
  mint(cell: string, contract: string): CellCap {
    return new Minted(cell, contract, this);
  }

  /** Takes effect at the next call; a call in flight runs to its end. */
  revoke(cap: CellCap): void {
    Minted.revoke(cap, this);
  }

  isLive(cap: CellCap): boolean {
    return Minted.isLive(cap, this);
  }
}
