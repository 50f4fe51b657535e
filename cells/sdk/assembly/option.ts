/**
 * `option<T>`: a value or nothing.
 *
 * Rely on: immutable; `value` aborts when there is none, so test `isSome` first.
 */
export class Option<T> {
  /** Use `Option.some` and `Option.none`. */
  constructor(readonly isSome: bool, private readonly held: T) {}

  static some<T>(value: T): Option<T> {
    return new Option<T>(true, value);
  }

  static none<T>(): Option<T> {
    if (isReference<T>()) return new Option<T>(false, changetype<T>(0));
    // @ts-ignore: a number type here
    return new Option<T>(false, <T>0);
  }

  get isNone(): bool {
    return !this.isSome;
  }

  get value(): T {
    assert(this.isSome);
    return this.held;
  }

  /** The value, or `other` when there is none. */
  or(other: T): T {
    return this.isSome ? this.held : other;
  }
}
