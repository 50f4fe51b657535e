/**
 * What compiling a component leaves: all that its instances need.
 *
 * Plain data, so that it crosses threads and goes to a cache (record.ts).
 */
export interface CellHeader {
  /** Component hash, engine version and mode: names what it was made from. */
  readonly key: string;
  readonly hash: string;
  /** Octets of the component. */
  readonly size: number;
  /** Interface name and signature. */
  readonly imports: readonly (readonly [string, string])[];
  readonly exports: readonly (readonly [string, string])[];
  /** Module and name of each function that the core module imports. */
  readonly coreImports: readonly (readonly [string, string])[];
  /** Pages of its memory, if it has one. */
  readonly memory:
    | { readonly minimum: number; readonly maximum: number }
    | null;
  readonly hasCountdown: boolean;
}

export interface CellRecord {
  readonly header: CellHeader;
  /** The rewritten core module. */
  readonly module: Uint8Array<ArrayBuffer>;
}
