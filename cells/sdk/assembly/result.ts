/**
 * `result<T, E>`: a value or a refusal.
 *
 * Rely on: immutable; `value` and `error` abort when the other one is held, so test `isOk` first. A side that WIT leaves
 * out is `Unit`, its only value `UNIT`.
 */

/** The type with one value. */
export type Unit = u8;

export const UNIT: Unit = 0;

export class Result<T, E> {
  /** Use `Result.ok` and `Result.err`. */
  constructor(
    readonly isOk: bool,
    private readonly heldValue: T,
    private readonly heldError: E,
  ) {}

  static ok<T, E>(value: T): Result<T, E> {
    return new Result<T, E>(true, value, empty<E>());
  }

  static err<T, E>(error: E): Result<T, E> {
    return new Result<T, E>(false, empty<T>(), error);
  }

  get isErr(): bool {
    return !this.isOk;
  }

  get value(): T {
    assert(this.isOk);
    return this.heldValue;
  }

  get error(): E {
    assert(!this.isOk);
    return this.heldError;
  }
}

/** The octets of the side that is not held; never read. */
function empty<T>(): T {
  if (isReference<T>()) return changetype<T>(0);
  // @ts-ignore: a number type here
  return <T>0;
}
