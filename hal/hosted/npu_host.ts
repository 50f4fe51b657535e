/**
 * An NPU whose driver runs on another thread: the caller's end of the link.
 *
 * Only `wait` and opening block the caller's thread, each with a bound. A driver
 * that says what it cannot is taken for dead, and its thread is ended.
 *
 * Deliberately absent: starting the thread. Who starts it decides what it may do.
 */
import type { Device, Limits, Npu, Work } from "../npu_contract.ts";
import type { NpuLink, NpuNews } from "../npu/link.ts";
import { NpuSession } from "../npu/session.ts";
import {
  CallerLane,
  type Lanes,
  type Record,
  REQUEST,
} from "../submission/lanes.ts";
import { Patience } from "../submission/patience.ts";
import { RingBroken } from "../submission/ring.ts";
import { answerRoom, NpuWire, TOLD } from "./npu_wire.ts";

const CLOSE_MS_MAX = 2000;
/** A wait is cut into pieces of this, and looked at in between. */
const WAIT_MS_MAX = 60_000;

/** The other thread did not start to serve; the message says why. */
export class NpuNotOpened extends Error {
  override readonly name = "NpuNotOpened";
}

export interface HostedNpuOptions {
  readonly limits: Limits;
  readonly kind: Device["kind"];
  /** How long the driver may take until it serves. */
  readonly openMs: number;
  /** Milliseconds of the platform's clock. */
  readonly nowMs: () => number;
  /** Ends the thread; called once. */
  readonly end: () => void;
}

export class HostedNpu {
  readonly npu: Npu;
  readonly #session: NpuSession;
  readonly #caller: CallerLane;
  readonly #options: HostedNpuOptions;
  #ended = false;

  /** Blocks until the driver serves. Throws `NpuNotOpened`, with the thread ended. */
  constructor(lanes: Lanes, options: HostedNpuOptions) {
    this.#options = options;
    this.#caller = new CallerLane(lanes);
    const said = this.#heard([TOLD.ready, TOLD.refused], options.openMs);
    const words = said && new TextDecoder().decode(said.body);
    if (words === undefined || said?.kind === TOLD.refused) {
      this.#end();
      const silence = `the driver did not serve within ${options.openMs} ms`;
      throw new NpuNotOpened(words ?? silence);
    }
    const { limits, kind } = options;
    const link = new LaneLink(this.#caller, options, () => this.#end());
    this.#session = new NpuSession(link, { name: words, kind, limits });
    this.npu = this.#session.npu;
  }

  /** Lets the driver end what it does, then ends its thread. */
  close(): void {
    if (this.#ended) return;
    this.#caller.tell(TOLD.close, 0n, new Uint8Array());
    this.#heard([TOLD.closed], CLOSE_MS_MAX);
    this.abort("closed");
  }

  /** The thread has ended or must; everything under way is gone. */
  abort(why: string): void {
    this.#session.died(why);
    this.#end();
  }

  /** The next record of one of those kinds, dropping others. */
  #heard(kinds: readonly number[], ms: number): Record | undefined {
    const { nowMs } = this.#options;
    const end = nowMs() + ms;
    for (;;) {
      const record = this.#caller.receive();
      if (record !== undefined && kinds.includes(record.kind)) return record;
      const left = end - nowMs();
      if (left <= 0) return undefined;
      if (record === undefined) this.#caller.wait(left);
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.end();
  }
}

class LaneLink implements NpuLink {
  readonly #caller: CallerLane;
  readonly #options: HostedNpuOptions;
  readonly #wire: NpuWire;
  readonly #end: () => void;
  readonly #patience = new Patience();

  constructor(caller: CallerLane, options: HostedNpuOptions, end: () => void) {
    this.#caller = caller;
    this.#options = options;
    this.#wire = new NpuWire(options.limits);
    this.#end = end;
  }

  nowUs(): number {
    return this.#options.nowMs() * 1000;
  }

  ask(ticket: bigint, work: Work, answerOctets: number): boolean {
    const framed = this.#wire.encodeWork(work);
    if (framed === undefined) return false;
    const room = answerRoom(answerOctets);
    return this.#caller.ask(ticket, { ...framed, answerOctets: room });
  }

  withdraw(ticket: bigint): boolean {
    return this.#caller.withdraw(ticket);
  }

  unload(name: bigint): void {
    this.#caller.tell(TOLD.unload, name, new Uint8Array());
  }

  receive(): NpuNews | undefined {
    try {
      const record = this.#caller.receive();
      if (record === undefined) return undefined;
      const { kind, ticket, body } = record;
      if (kind === TOLD.died) {
        this.#end();
        return { tag: "died", why: new TextDecoder().decode(body) };
      }
      const ended = kind === REQUEST ? this.#wire.decodeEnded(body) : undefined;
      if (ended !== undefined) return { tag: "ended", ticket, ended };
    } catch (error) {
      if (!(error instanceof RingBroken)) throw error;
    }
    this.#end();
    return { tag: "died", why: "the driver said what it cannot" };
  }

  wait(us: number): void {
    // Rounded up: a wait that ends early is waited again.
    const ms = Math.min(WAIT_MS_MAX, Math.ceil(us / 1000));
    this.#caller.wait(ms, this.#patience);
  }
}
