/**
 * A GPU whose driver runs on another thread: the caller's end of the link.
 *
 * Only `wait` and `attach` block the caller's thread, each with a bound. A
 * driver that says what it cannot is taken for dead, and its thread is ended.
 *
 * Deliberately absent: starting the thread. Who starts it decides what it may do.
 */
import type { Wish, Work } from "../gpu_contract.ts";
import type { AttachAnswer, GpuLink, GpuNews } from "../gpu/link.ts";
import { GpuSession } from "../gpu/session.ts";
import {
  CallerLane,
  type Lanes,
  type Record,
  REQUEST,
} from "../submission/lanes.ts";
import { RingBroken } from "../submission/ring.ts";
import {
  answerOctets,
  GpuWire,
  textOf,
  TOLD,
  type WireSizes,
} from "./gpu_wire.ts";

/** How long a driver may take to give its device back. */
const CLOSE_MS_MAX = 2000;
/** A wait is cut into pieces of this, and looked at in between. */
const WAIT_MS_MAX = 60_000;

export interface HostedGpuOptions extends WireSizes {
  /** How long attaching a device may take. */
  readonly attachMs: number;
  /** Milliseconds of the platform's clock. */
  readonly nowMs: () => number;
  /** Ends the thread; called once. */
  readonly end: () => void;
}

export class HostedGpu {
  readonly gpu;
  readonly control;
  readonly #session: GpuSession;
  readonly #caller: CallerLane;
  readonly #options: HostedGpuOptions;
  #ended = false;

  constructor(lanes: Lanes, options: HostedGpuOptions) {
    this.#options = options;
    this.#caller = new CallerLane(lanes);
    const link = new LaneLink(this.#caller, options, () => this.#end());
    this.#session = new GpuSession(link, options.inFlightMax);
    this.gpu = this.#session.gpu;
    this.control = this.#session.control;
  }

  /** See the session: never waits. */
  attachSoon(wish: Wish): void {
    this.#session.attachSoon(wish);
  }

  /** Lets the driver give the device back, then ends its thread. */
  close(): void {
    if (this.#ended) return;
    this.control.detach();
    this.#caller.tell(TOLD.close, 0n, new Uint8Array());
    this.#awaitClosed();
    this.abort("closed");
  }

  #awaitClosed(): void {
    const { nowMs } = this.#options;
    const end = nowMs() + CLOSE_MS_MAX;
    for (let left = CLOSE_MS_MAX; left > 0; left = end - nowMs()) {
      this.#caller.wait(left);
      for (
        let record = this.#caller.receive();
        record !== undefined;
        record = this.#caller.receive()
      ) if (record.kind === TOLD.closed) return;
    }
  }

  /** The thread has ended or must; everything under way is gone. */
  abort(why: string): void {
    this.#session.died(why);
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.end();
  }
}

class LaneLink implements GpuLink {
  readonly #caller: CallerLane;
  readonly #options: HostedGpuOptions;
  readonly #wire: GpuWire;
  readonly #end: () => void;
  /** What came while something else was waited for. */
  readonly #early: Record[] = [];
  /** The attachment that nobody waits for. */
  #begun: bigint | undefined;

  constructor(caller: CallerLane, options: HostedGpuOptions, end: () => void) {
    this.#caller = caller;
    this.#options = options;
    this.#wire = new GpuWire(options);
    this.#end = end;
  }

  nowUs(): number {
    return this.#options.nowMs() * 1000;
  }

  ask(ticket: bigint, work: Work): boolean {
    const body = this.#wire.encodeWork(work);
    if (body === undefined) return false;
    return this.#caller.ask(ticket, { body, answerOctets: answerOctets(work) });
  }

  withdraw(ticket: bigint): boolean {
    return this.#caller.withdraw(ticket);
  }

  release(name: bigint): void {
    this.#caller.tell(TOLD.release, name, new Uint8Array());
  }

  detach(): void {
    this.#caller.tell(TOLD.detach, 0n, new Uint8Array());
  }

  beginAttach(attachment: number, wish: Wish): void {
    this.#begun = BigInt(attachment);
    this.#caller.tell(TOLD.attach, this.#begun, this.#wire.encodeWish(wish));
  }

  attach(attachment: number, wish: Wish): AttachAnswer {
    const { attachMs, nowMs } = this.#options;
    const number = BigInt(attachment);
    this.#caller.tell(TOLD.attach, number, this.#wire.encodeWish(wish));
    const end = nowMs() + attachMs;
    for (;;) {
      const record = this.#heard();
      if (record === undefined) {
        const left = end - nowMs();
        if (left <= 0) break;
        this.#caller.wait(left);
      } else if (isAttachAnswer(record)) {
        // An answer to an attempt that was given up is nobody's.
        if (record.ticket === number) return this.#attached(record);
      } else this.#early.push(record);
    }
    this.detach();
    const why = `the driver did not attach a device within ${attachMs} ms`;
    return { tag: "failed", why };
  }

  #attached({ kind, body }: Record): AttachAnswer {
    if (kind === TOLD.absent) return { tag: "absent", why: textOf(body) };
    if (kind === TOLD.failed) return { tag: "failed", why: textOf(body) };
    const device = this.#wire.decodeDevice(body);
    return device === undefined
      ? { tag: "failed", why: "the driver described no device" }
      : { tag: "attached", device };
  }

  receive(): GpuNews | undefined {
    const record = this.#early.shift() ?? this.#heard();
    if (record === undefined) return undefined;
    const { kind, ticket, body } = record;
    if (kind === REQUEST) {
      const outcome = this.#wire.decodeOutcome(body);
      if (outcome !== undefined) return { tag: "ended", ticket, outcome };
    } else if (kind === TOLD.lost) {
      return { tag: "lost", attachment: Number(ticket), why: textOf(body) };
    } else if (isAttachAnswer(record)) {
      if (ticket !== this.#begun) return this.receive();
      const answer = this.#attached(record);
      return { tag: "attach", attachment: Number(ticket), answer };
    }
    this.#end();
    return { tag: "died", why: "the driver said what it cannot" };
  }

  wait(us: number): void {
    if (this.#early.length > 0) return;
    // Rounded up: a wait that ends early is waited again.
    this.#caller.wait(Math.min(WAIT_MS_MAX, Math.ceil(us / 1000)));
  }

  #heard(): Record | undefined {
    try {
      return this.#caller.receive();
    } catch (error) {
      if (!(error instanceof RingBroken)) throw error;
      return { kind: -1, slot: 0, ticket: 0n, body: new Uint8Array() };
    }
  }
}

function isAttachAnswer({ kind }: Record): boolean {
  return kind === TOLD.attached || kind === TOLD.absent || kind === TOLD.failed;
}
