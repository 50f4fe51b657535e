/**
 * How far an import is: one line that stays on a terminal, else one now and then.
 */
import type { Context } from "./command.ts";
import { cut } from "./width.ts";
import { count, many, octets, seconds } from "./words.ts";

const TERMINAL_MS = 200;
const LOG_MS = 5000;
const DEFAULT_COLUMNS = 80;

export interface ProgressSource {
  readonly format: string;
  progress(): { readonly done: number; readonly total: number | undefined };
}

export class ImportProgress {
  readonly #started_ms: number;
  #shown_ms: number;
  readonly #begun: number;
  readonly #live: boolean;

  constructor(readonly context: Context, readonly source: ProgressSource) {
    const { host, json } = context;
    this.#live = host.errIsTerminal && !json;
    this.#started_ms = host.now_ms();
    this.#shown_ms = this.#live ? 0 : this.#started_ms;
    this.#begun = source.progress().done;
  }

  get elapsed_s(): number {
    return (this.context.host.now_ms() - this.#started_ms) / 1000;
  }

  show(links: number, line: number): void {
    const { host, json } = this.context;
    const now = host.now_ms();
    if (json || now - this.#shown_ms < (this.#live ? TERMINAL_MS : LOG_MS)) {
      return;
    }
    this.#shown_ms = now;
    const text = this.#text(links, line);
    if (this.#live) {
      const room = (host.columns() ?? DEFAULT_COLUMNS) - 1;
      host.err(`\r\x1b[K${cut(text, room)}`);
    } else host.err(`${text}\n`);
  }

  /** Takes the line off the terminal. */
  end(): void {
    if (this.#live) this.context.host.err("\r\x1b[K");
  }

  #text(links: number, line: number): string {
    const { done, total } = this.source.progress();
    const notes = this.source.format === "markdown";
    const size = (value: number) => notes ? many(value, "note") : octets(value);
    const elapsed = Math.max(this.elapsed_s, 0.001);
    const parts = [
      many(links, "link"),
      `${count(links / elapsed)}/s`,
      notes ? "" : `line ${count(line)}`,
      total === undefined ? size(done) : `${size(done)} of ${size(total)}`,
    ];
    if (total !== undefined && total > 0) {
      const went = done - this.#begun;
      parts.push(`${Math.floor(100 * done / total)} %`);
      if (went > 0) {
        parts.push(`${seconds(elapsed * (total - done) / went)} left`);
      }
    }
    return parts.filter((part) => part !== "").join(" · ");
  }
}
