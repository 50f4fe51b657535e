/**
 * Looking for a moment before sleeping, as long as that pays.
 *
 * Waking a thread that sleeps costs some microseconds on both threads, more than
 * many requests take. Who looks in vain sleeps at once the next time, then the
 * next two, and so on: a thread that is mostly idle wastes next to nothing.
 *
 * Deliberately absent: a clock. A look takes some nanoseconds.
 */

/** Together longer than waking a thread takes, or two would never meet awake. */
const LOOKS = 10_000;
const PAUSE_MAX = 1024;

export class Patience {
  /** How often it will not look at all. */
  #left = 0;
  #pause = 0;

  /** Looks until `isThere`; false: it is time to sleep. */
  looks(isThere: () => boolean): boolean {
    if (this.#left > 0) {
      this.#left -= 1;
      return false;
    }
    for (let look = 0; look < LOOKS; look++) {
      if (!isThere()) continue;
      this.#pause = 0;
      return true;
    }
    this.#pause = Math.min(PAUSE_MAX, Math.max(1, 2 * this.#pause));
    this.#left = this.#pause;
    return false;
  }
}
