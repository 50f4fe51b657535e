/**
 * How far octets are on their way: one line that stays on a terminal, else one
 * now and then.
 */
import type { Context } from "./command.ts";
import { cut } from "./width.ts";
import { octets, seconds } from "./words.ts";

const TERMINAL_MS = 200;
const LOG_MS = 5000;
const DEFAULT_COLUMNS = 80;

export class Transfer {
  readonly #startedMs: number;
  readonly #live: boolean;
  #shownMs: number;

  constructor(
    readonly context: Context,
    /** What is being done: `offered`, `read`. */
    readonly verb: string,
    /** Absent where it is not known. */
    readonly total: number | undefined,
    /** Where it begins. */
    readonly from = 0,
  ) {
    const { host, json } = context;
    this.#live = host.errIsTerminal && !json;
    this.#startedMs = host.now_ms();
    this.#shownMs = this.#live ? 0 : this.#startedMs;
  }

  show(done: number): void {
    const { host, json } = this.context;
    const now = host.now_ms();
    if (json || now - this.#shownMs < (this.#live ? TERMINAL_MS : LOG_MS)) {
      return;
    }
    this.#shownMs = now;
    const text = this.#text(done, (now - this.#startedMs) / 1000);
    if (this.#live) {
      const room = (host.columns() ?? DEFAULT_COLUMNS) - 1;
      host.err(`\r\x1b[K${cut(text, room)}`);
    } else host.err(`${text}\n`);
  }

  /** Takes the line off the terminal. */
  end(): void {
    if (this.#live) this.context.host.err("\r\x1b[K");
  }

  /** The pieces as they are, told when each of them was taken. */
  async *told(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let done = this.from;
    for await (const piece of pieces) {
      yield piece;
      done += piece.length;
      this.show(done);
    }
  }

  #text(done: number, elapsed: number): string {
    const went = done - this.from;
    const rate = went / Math.max(elapsed, 0.001);
    const { total } = this;
    if (total === undefined) {
      return `${this.verb} ${octets(done)} · ${octets(rate)}/s`;
    }
    const share = total === 0 ? 100 : Math.floor(100 * done / total);
    return [
      `${this.verb} ${octets(done)} of ${octets(total)}`,
      `${share} %`,
      `${octets(rate)}/s`,
      rate > 0 ? `${seconds((total - done) / rate)} left` : "",
    ].filter((part) => part !== "").join(" · ");
  }
}
