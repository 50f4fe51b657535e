/** Lines about a long benchmark, on standard error: how far, and how much longer. */

const EVERY_MS = 10_000;

export class Progress {
  readonly #beganMs = performance.now();
  #saidMs = this.#beganMs;

  constructor(readonly what: string, readonly whole: number) {}

  /** At most one line in ten seconds; `more` is asked only then. */
  tell(done: number, more: () => string): void {
    const nowMs = performance.now();
    if (nowMs - this.#saidMs < EVERY_MS || done === 0) return;
    this.#saidMs = nowMs;
    const leftS = (nowMs - this.#beganMs) * (this.whole / done - 1) / 1_000;
    const count = (value: number) => value.toLocaleString("en-US");
    console.error(
      `  ${count(done)} of ${count(this.whole)} ${this.what}, ` +
        `about ${count(Math.ceil(leftS / 60))} min to go; ${more()}`,
    );
  }
}
