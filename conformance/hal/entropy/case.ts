/** The source that the entropy suite's cases run on. */
import type { Entropy } from "../../../hal/entropy_contract.ts";
import {
  type Case,
  type Fixture,
  LeftOut,
  type Subject,
} from "../suite/case.ts";

export interface EntropyFixture extends Fixture {
  readonly source: Entropy;
  /** The same source opened once more; a seeded one from the same seed. */
  again(): Entropy;
  /** A seeded source from another seed. */
  other?(): Entropy;
  /** Makes the next draw fail in the platform. */
  failNext?(): void;
}

export type EntropyCase = Case<EntropyFixture>;
export type EntropySubject = Subject<EntropyFixture>;

export function failNextOf(
  { failNext }: EntropyFixture,
): NonNullable<EntropyFixture["failNext"]> {
  if (failNext !== undefined) return failNext;
  throw new LeftOut("the fixture cannot make its source fail");
}

/** Leaves a case out that is about sources of another quality. */
export function only(
  quality: ReturnType<Entropy["describe"]>["quality"],
  { source }: EntropyFixture,
): void {
  if (source.describe().quality === quality) return;
  throw new LeftOut(`the source is not ${quality}`);
}
