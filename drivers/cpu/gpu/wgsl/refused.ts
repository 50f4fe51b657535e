/** Why a source is not taken: where, what, and what to do about it. */

/** Both counted from 1; columns in UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Its message is `line:column: what; fix`. */
export class WgslRefused extends Error {
  override readonly name = "WgslRefused";

  constructor(readonly place: Place, what: string, fix: string) {
    super(`${place.line}:${place.column}: ${what}; ${fix}`);
  }
}

export function refuse(place: Place, what: string, fix: string): never {
  throw new WgslRefused(place, what, fix);
}

/** For what WGSL has and this compiler has not. */
export function absent(place: Place, what: string, fix: string): never {
  throw new WgslRefused(place, `${what} is not in this compiler's WGSL`, fix);
}
