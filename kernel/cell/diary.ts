/**
 * The last lines that one generation wrote, for its epitaph.
 *
 * A rehearsed copy has a diary of its own: what it wrote is nobody else's.
 */
import { LOG_LINES_KEPT } from "../limits.ts";

export class Diary {
  readonly #lines: string[] = [];

  /** Keeps the line, and forgets the oldest past `LOG_LINES_KEPT`. */
  note(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LOG_LINES_KEPT) this.#lines.shift();
  }

  /** A copy, oldest first. */
  get lines(): ReadonlyArray<string> {
    return [...this.#lines];
  }
}
