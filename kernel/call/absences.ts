/**
 * What a contract answers where nobody does: a grant of `none`, or one that was revoked.
 *
 * A contract that cells answer has a word for absence (decision 0004). One of a device may
 * have its own: the composition root gives what each method then answers, always the same.
 * Plain values, so that they can be posted to other harts. A contract that has neither
 * unwinds its caller.
 */

import type { Holder } from "../cell/snapshots.ts";

/** Contract to method to answer. */
export type Absences = ReadonlyMap<string, AbsentAnswers>;

export type AbsentAnswers = Readonly<Record<string, unknown>>;

/** What answers each generation for itself, in a driver's place. */
export class HostPerGeneration {
  constructor(
    readonly open: (holder: Holder) => {
      readonly host: unknown;
      /** After the generation's end. */
      readonly end: () => void;
    },
  ) {}
}

/** What answers one generation; `ends` gets what is to be done after it. */
export function opened(
  host: unknown,
  holder: Holder,
  ends: Array<() => void>,
): unknown {
  if (!(host instanceof HostPerGeneration)) return host;
  const own = host.open(holder);
  ends.push(own.end);
  return own.host;
}
