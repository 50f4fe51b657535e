/**
 * Drafts of an import, read ahead: as many as go into one append, and no more.
 *
 * The source is read while earlier drafts are signed and written. What is given
 * never waits for a slow source: where no draft comes for `GATHER_MS`, those before go.
 */
import type { MarkedDraft } from "../api_drafts.ts";
import { GATHER_MS, GROUP_DRAFTS_MAX, GROUP_OCTETS_MAX } from "./limits.ts";

export class Gathering {
  readonly #source: AsyncIterator<MarkedDraft>;
  #held: MarkedDraft[] = [];
  #octets = 0;
  #isOver = false;
  #fault: { readonly error: unknown } | undefined;
  #reading = false;
  /** Told of each draft that came, and of the end. */
  #heard: (() => void) | undefined;

  constructor(source: AsyncIterable<MarkedDraft>) {
    this.#source = source[Symbol.asyncIterator]();
    void this.#read();
  }

  /**
   * The drafts of one append: none at the end and, `atOnce`, none where the source
   * gave none in time. What it threw is thrown behind all that it gave, not `atOnce`.
   */
  async take(atOnce: boolean): Promise<readonly MarkedDraft[]> {
    while (!atOnce && this.#held.length === 0 && !this.#isOver) {
      await this.#arrival();
    }
    while (!this.#isFull() && !this.#isOver) {
      if (!await this.#arrival(GATHER_MS)) break;
    }
    const drafts = this.#held;
    this.#held = [];
    this.#octets = 0;
    if (!atOnce && drafts.length === 0 && this.#fault !== undefined) {
      throw this.#fault.error;
    }
    void this.#read();
    return drafts;
  }

  /** Whether nothing will come any more, not what the source threw either. */
  get isOver(): boolean {
    return this.#isOver && this.#held.length === 0 && this.#fault === undefined;
  }

  /** Ends the source, which may not hear of it while it waits for its own. */
  async stop(): Promise<void> {
    this.#isOver = true;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, GATHER_MS);
    // What ends it was told already.
    const ended = this.#source.return?.().catch(() => {});
    await Promise.race([ended, late.promise]);
    clearTimeout(timer);
  }

  #isFull(): boolean {
    return this.#held.length >= GROUP_DRAFTS_MAX ||
      this.#octets >= GROUP_OCTETS_MAX;
  }

  /** Waits for a draft or the end; false where none came in time. */
  async #arrival(withinMs = Infinity): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#heard = () => resolve(true);
    const late = withinMs === Infinity
      ? undefined
      : setTimeout(() => resolve(false), withinMs);
    const came = await promise;
    clearTimeout(late);
    this.#heard = undefined;
    return came;
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#isOver && !this.#isFull()) {
        const next = await this.#source.next();
        if (next.done === true) this.#isOver = true;
        else {
          this.#held.push(next.value);
          this.#octets += next.value.draft.length;
        }
        this.#heard?.();
      }
    } catch (error) {
      this.#fault = { error };
      this.#isOver = true;
      this.#heard?.();
    } finally {
      this.#reading = false;
    }
  }
}
