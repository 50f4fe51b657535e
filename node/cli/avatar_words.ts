/** Statements about avatars as the commands have them. */
import type { Answer } from "../api.ts";
import type { Stated } from "../avatars/mod.ts";

/** A statement that neurons belong to one avatar, as a file. */
export interface AvatarFile {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly stated: Stated;
  /** Whose hands it wants, the avatar's first. */
  readonly hands: ReadonlyArray<{
    readonly id: string;
    /** In the key store of the data directory. */
    readonly name?: string | undefined;
    readonly signed: boolean;
  }>;
  /** Why it does not hold; absent where it does. */
  readonly lacks?: string | undefined;
}

/** Statements as files, by the keys of a data directory; they need no node. */
export interface AvatarCommands {
  /** Signed by those of the keys that are here; all by name. */
  draw(
    data: string,
    request: {
      readonly avatar: string;
      readonly neurons: ReadonlyArray<string>;
      /** The edition that it takes the place of. */
      readonly after?: Uint8Array | undefined;
    },
  ): Answer<AvatarFile>;
  /** With the hands of these keys, or of all here that it names. */
  sign(
    data: string,
    octets: Uint8Array,
    keys: ReadonlyArray<string>,
  ): Answer<AvatarFile>;
  check(data: string, octets: Uint8Array): Answer<AvatarFile>;
}
