/**
 * One further hart, as the first one sees it: its thread, and when it was last
 * heard.
 *
 * A thread that has ended answers nothing more, and its end is told once.
 */
import { HART_START_MS_MAX } from "../limits.ts";
import { Peer, type Port } from "./peer.ts";
import type { Beginning, FirstDoes, HartDoes } from "./protocol.ts";

/** A thread whose program serves a hart (member.ts). */
export interface HartThread {
  readonly port: Port;
  /** To be set once; told when the thread has ended, and why. */
  onended: ((reason: string) => void) | null;
  stop(): void;
}

export type StartHart = (hart: number) => HartThread;

export class FarHart {
  readonly peer: Peer<HartDoes>;
  heardMs: number;
  #thread: HartThread;
  #hasEnded = false;

  constructor(
    readonly number: number,
    start: StartHart,
    readonly parts: {
      readonly first: FirstDoes;
      readonly now: () => number;
      readonly panic: (error: unknown) => void;
      readonly ended: (hart: FarHart, reason: string) => void;
    },
  ) {
    const { first, now, panic } = parts;
    this.heardMs = now();
    this.#thread = start(number);
    this.#thread.onended = (reason) => this.end(reason);
    this.peer = new Peer<HartDoes>(
      this.#thread.port,
      {
        ...first,
        status: (cells: Parameters<FirstDoes["status"]>[0]) => {
          this.heardMs = now();
          first.status(cells);
        },
      },
      panic,
    );
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves once it serves; rejects where it does not in time. */
  async begin(how: Beginning): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await Promise.race([
        this.peer.ask("begin", how),
        new Promise<never>((_, reject) => {
          const reason = `no answer in ${HART_START_MS_MAX} ms`;
          timer = setTimeout(
            () => reject(new Error(reason)),
            HART_START_MS_MAX,
          );
        }),
      ]);
    } finally {
      clearTimeout(timer);
      this.heardMs = this.parts.now();
    }
  }

  /** The thread is no more, or is given up. */
  end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.peer.end(reason);
    this.#thread.stop();
    this.parts.ended(this, reason);
  }
}
