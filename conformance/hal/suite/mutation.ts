/**
 * Shows that a suite notices: drivers with one wrongness each, all caught.
 *
 * A mutant is caught by a case that holds the very promise that it breaks; that
 * some other case fails too does not count.
 */
import {
  type Case,
  type Fixture,
  type Group,
  LeftOut,
  type Subject,
} from "./case.ts";
import { runCase } from "./run.ts";

export interface Mutant<F extends Fixture> {
  /** What is wrong with it. */
  readonly name: string;
  /** The item of the contract that it breaks. */
  readonly breaks: string;
  /** The cases that have to notice it, where those of other groups could not. */
  readonly group?: Group;
  /** Which of the sound references it wraps; the first one if absent. */
  readonly on?: number;
  /** The fixture with a device that is broken in this one way. */
  wrap(fixture: F): F;
}

export interface Caught {
  /** A case that holds the broken promise and failed. */
  readonly by: string | undefined;
  /** A case of another promise that passed: the mutant is not wholly broken. */
  readonly sound: string | undefined;
}

/** Runs cases of the broken promise until one fails, then others until one passes. */
export async function caughtBy<F extends Fixture>(
  cases: ReadonlyArray<Case<F>>,
  subject: Subject<F>,
  mutant: Mutant<F>,
  seed: number,
): Promise<Caught> {
  const make = async () => mutant.wrap(await subject.make());
  const passes = async (each: Case<F>) => {
    try {
      await runCase(each, make, { seed });
      return true;
    } catch (error) {
      return error instanceof LeftOut;
    }
  };
  const judges = cases.filter(({ promise, group }) =>
    promise === mutant.breaks && group === (mutant.group ?? group)
  );
  let by: string | undefined;
  for (const each of judges) {
    if (by === undefined && !await passes(each)) by = each.claim;
  }
  for (const each of cases) {
    if (each.promise === mutant.breaks || !await passes(each)) continue;
    return { by, sound: each.claim };
  }
  return { by, sound: undefined };
}
