/** Why a key was not made, opened or taken in. Nothing happened. */
import { Schema } from "effect";

export class KeyRefused extends Schema.TaggedError<KeyRefused>()("KeyRefused", {
  rule: Schema.Literals([
    "name",
    "exists",
    "missing",
    "damaged",
    "exposed",
    "passphrase-needed",
    "passphrase-wrong",
    "passphrase",
    "no-secret",
    "sealed",
    "phrase",
    "path",
  ]),
  /** The key's name or the file. */
  place: Schema.String,
  what: Schema.String,
  fix: Schema.String,
}) {
  override get message(): string {
    return `${this.place}: ${this.what}; ${this.fix}`;
  }
}
