/**
 * Completions of one holder, given to the fibers that wait for them.
 *
 * A fiber that is interrupted cancels its request; what ends for it all the same
 * is dropped, so that nothing it made stays behind, whoever looked first.
 *
 * Deliberately absent: blocking. Completions are looked for between other fibers.
 */
import { Effect } from "effect";

/** How often completions are looked for. */
const LOOK_MS = 1;
const TAKEN_MAX = 1_000;

export interface CompletionsParts<Outcome> {
  readonly take: (most: number) => Iterable<
    { readonly ticket: bigint; readonly outcome: Outcome }
  >;
  readonly cancel: (ticket: bigint) => void;
  /** Nobody is there any more to use it. */
  readonly drop: (outcome: Outcome) => void;
}

export class Completions<Outcome> {
  readonly #parts: CompletionsParts<Outcome>;
  /** Ended, and not asked for yet by the fiber that waits. */
  readonly #ended = new Map<bigint, Outcome>();
  readonly #abandoned = new Set<bigint>();

  constructor(parts: CompletionsParts<Outcome>) {
    this.#parts = parts;
  }

  look(): void {
    for (const { ticket, outcome } of this.#parts.take(TAKEN_MAX)) {
      if (this.#abandoned.delete(ticket)) this.#parts.drop(outcome);
      else this.#ended.set(ticket, outcome);
    }
  }

  /** `orphaned` gets what had ended already when the fiber was interrupted. */
  outcomeOf(
    ticket: bigint,
    orphaned = this.#parts.drop,
  ): Effect.Effect<Outcome> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        this.look();
        const outcome = this.#ended.get(ticket);
        if (outcome !== undefined) {
          this.#ended.delete(ticket);
          return outcome;
        }
        yield* Effect.sleep(LOOK_MS);
      }
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.sync(() => {
          this.#parts.cancel(ticket);
          const outcome = this.#ended.get(ticket);
          this.#ended.delete(ticket);
          if (outcome === undefined) this.#abandoned.add(ticket);
          else orphaned(outcome);
          this.look();
        })
      ),
    );
  }
}
