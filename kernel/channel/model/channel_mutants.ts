/**
 * Known faults of channels, each as what it does to shared memory.
 */
import { ASLEEP, DATA, HEAD, SENDER, SIGNAL, TAIL } from "../channel.ts";
import { Twist } from "./twist.ts";

/** The sender publishes before it fills. */
export class PublishesFirst extends Twist {
  readonly #late: [number, number][] = [];

  override set(at: number, value: number): void {
    if (at >= DATA) this.#late.push([at, value]);
    else super.set(at, value);
  }

  override store(at: number, value: number): void {
    super.store(at, value);
    if (at !== TAIL) return;
    for (const [to, octets] of this.#late.splice(0)) super.set(to, octets);
  }
}

/** The sender publishes by a plain store. */
export class PublishesPlainly extends Twist {
  override store(at: number, value: number): void {
    if (at === TAIL) super.set(at, value);
    else super.store(at, value);
  }
}

/** The sender believes that everything is free. */
export class SeesRoomAlways extends Twist {
  override load(at: number): number {
    return super.load(at === HEAD ? TAIL : at);
  }
}

/** The sender asks whether to wake somebody before it publishes. */
export class AsksBeforePublishing extends Twist {
  #asked: number | undefined;

  override store(at: number, value: number): void {
    if (at === TAIL) this.#asked = super.load(SIGNAL);
    super.store(at, value);
  }

  override load(at: number): number {
    const asked = this.#asked;
    this.#asked = undefined;
    return at === SIGNAL && asked !== undefined ? asked : super.load(at);
  }
}

/** The sender forgets to wake the receiver when it closes. */
export class ClosesSilently extends Twist {
  #closing = false;

  override or(at: number, bits: number): number {
    this.#closing = at === SIGNAL && bits !== ASLEEP;
    return super.or(at, bits);
  }

  override notify(at: number): void {
    if (!this.#closing) super.notify(at);
  }
}

/** The receiver does not look again after it has seen something else. */
class LooksOnce extends Twist {
  protected stale = false;
  #tail = 0;

  override load(at: number): number {
    if (at !== TAIL) return super.load(at);
    if (!this.stale) this.#tail = super.load(at);
    this.stale = false;
    return this.#tail;
  }
}

/** The receiver does not look again when it sees that the sender closed. */
export class TrustsClosed extends LooksOnce {
  override load(at: number): number {
    const value = super.load(at);
    if (at === SIGNAL) this.stale = true;
    return value;
  }
}

/** The receiver does not look again before it sleeps. */
export class SleepsBlindly extends LooksOnce {
  override or(at: number, bits: number): number {
    this.stale = true;
    return super.or(at, bits);
  }
}

/** A new sender looks around before it owns its end. */
export class LooksBeforeClaiming extends Twist {
  readonly #seen = new Map<number, number>();

  override compareExchange(
    at: number,
    expected: number,
    value: number,
  ): number {
    if (at === SENDER && expected === 0) {
      for (const word of [TAIL, HEAD]) {
        this.#seen.set(word, super.load(word));
      }
    }
    return super.compareExchange(at, expected, value);
  }

  override load(at: number): number {
    const seen = this.#seen.get(at);
    this.#seen.delete(at);
    return seen ?? super.load(at);
  }
}
