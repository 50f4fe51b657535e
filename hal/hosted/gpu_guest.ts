/**
 * The driver's side of a hosted GPU: begins requests in order, answers each once.
 *
 * At most `ahead` requests have begun and not ended, so that what waits behind
 * them can still be withdrawn. Whatever the device throws becomes `failed`.
 */
import type { Outcome, Work } from "../gpu_contract.ts";
import { type AsyncGpu, GpuAbsent } from "../gpu/link.ts";
import {
  DriverLane,
  type Lanes,
  type Record,
  REQUEST,
} from "../submission/lanes.ts";
import { GpuWire, TOLD, type WireSizes } from "./gpu_wire.ts";
import { octetsOf } from "./message_block.ts";

export interface GuestOptions extends WireSizes {
  readonly ahead: number;
}

/** Serves until it is told to close. */
export async function serveGpu(
  lanes: Lanes,
  device: AsyncGpu,
  options: GuestOptions,
): Promise<void> {
  const guest = new GpuGuest(new DriverLane(lanes), device, options);
  await guest.serve();
}

class GpuGuest {
  readonly #lane: DriverLane;
  readonly #device: AsyncGpu;
  readonly #wire: GpuWire;
  readonly #ahead: number;
  #running = 0;
  /** Resolved when a request has ended. */
  #ended = Promise.withResolvers<void>();

  constructor(lane: DriverLane, device: AsyncGpu, options: GuestOptions) {
    this.#lane = lane;
    this.#device = device;
    this.#wire = new GpuWire(options);
    this.#ahead = options.ahead;
  }

  async serve(): Promise<void> {
    for (;;) {
      const mark = this.#lane.mark;
      const record = this.#lane.next();
      if (record === undefined) await this.#lane.waitAsync(mark);
      else if (record.kind === TOLD.close) {
        this.#device.detach();
        return this.#lane.tell(TOLD.closed, 0n, new Uint8Array());
      } else if (record.kind === REQUEST) await this.#request(record);
      else await this.#told(record);
    }
  }

  async #told({ kind, ticket, body }: Record): Promise<void> {
    if (kind === TOLD.release) this.#device.release(ticket);
    if (kind === TOLD.detach) this.#device.detach();
    if (kind === TOLD.attach) await this.#attach(ticket, body);
  }

  async #attach(attachment: bigint, body: Uint8Array): Promise<void> {
    const wish = this.#wire.decodeWish(body) ??
      { power: "any", software: true };
    const lost = (why: string) =>
      this.#lane.tell(TOLD.lost, attachment, octetsOf(why));
    try {
      const device = await this.#device.attach(wish, lost);
      const whole = { ...device, attachment: Number(attachment) };
      const octets = this.#wire.encodeDevice(whole);
      this.#lane.tell(TOLD.attached, attachment, octets);
    } catch (error) {
      const kind = error instanceof GpuAbsent ? TOLD.absent : TOLD.failed;
      this.#lane.tell(kind, attachment, octetsOf(reasonOf(error)));
    }
  }

  async #request(record: Record): Promise<void> {
    while (this.#running >= this.#ahead) {
      const mark = this.#lane.mark;
      if (!this.#lane.isQueued(record)) return;
      await Promise.race([this.#ended.promise, this.#lane.waitAsync(mark)]);
    }
    const work = this.#wire.decodeWork(record.body);
    if (!this.#lane.begin(record)) return;
    this.#running += 1;
    void this.#carriedOut(record.ticket, work).then((outcome) => {
      const octets = this.#wire.encodeOutcome(outcome);
      this.#lane.answer(record.ticket, octets);
      this.#running -= 1;
      this.#ended.resolve();
      this.#ended = Promise.withResolvers();
    });
  }

  async #carriedOut(ticket: bigint, work: Work | undefined): Promise<Outcome> {
    try {
      if (work !== undefined) return await this.#device.carryOut(ticket, work);
      return { tag: "failed", val: "the request is malformed" };
    } catch (error) {
      return { tag: "failed", val: reasonOf(error) };
    }
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text || "the driver failed";
}
