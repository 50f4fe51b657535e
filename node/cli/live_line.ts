/** One line on the terminal's error stream that is written over, and taken off. */
import type { CliHost } from "./host.ts";
import { cut } from "./width.ts";

const INTERVAL_MS = 100;
const DEFAULT_COLUMNS = 80;

export class LiveLine {
  readonly #live: boolean;
  #shown_ms = -INTERVAL_MS;

  /** `printing`: results are printed meanwhile; then a terminal is not shared. */
  constructor(readonly host: CliHost, printing: boolean) {
    this.#live = host.errIsTerminal && !(printing && host.outIsTerminal);
  }

  show(text: string): void {
    if (!this.#live) return;
    const now = this.host.now_ms();
    if (now - this.#shown_ms < INTERVAL_MS) return;
    this.#shown_ms = now;
    const room = (this.host.columns() ?? DEFAULT_COLUMNS) - 1;
    this.host.err(`\r\x1b[K${cut(text, room)}`);
  }

  end(): void {
    if (this.#live) this.host.err("\r\x1b[K");
  }
}
