/**
 * The types of `karyon:hal/block`, as the binding generator maps them.
 *
 * The contract itself, with every promise, is wit/hal/block/block.wit.
 */
export type Refusal =
  | { readonly tag: "misaligned" }
  | { readonly tag: "out-of-range" }
  | { readonly tag: "full" }
  | { readonly tag: "read-only" }
  | { readonly tag: "failed"; readonly val: string };

export interface Geometry {
  readonly blockSize: number;
  readonly capacity: bigint;
  readonly transferMax: number;
  readonly readOnly: boolean;
}

export type Condition =
  | { readonly tag: "ok" }
  | { readonly tag: "degraded"; readonly val: string }
  | { readonly tag: "failed"; readonly val: string };

export type Result<T> =
  | { readonly tag: "ok"; readonly val: T }
  | { readonly tag: "err"; readonly val: Refusal };

export type Done =
  | { readonly tag: "ok" }
  | { readonly tag: "err"; readonly val: Refusal };

export interface Block {
  describe(): Geometry;
  read(offset: bigint, length: number): Result<Uint8Array>;
  write(offset: bigint, data: Uint8Array): Done;
  flush(): Done;
  discard(offset: bigint, length: bigint): Done;
  health(): Condition;
}
