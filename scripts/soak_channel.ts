/** Messages through one channel whose ends are replaced now and then. */
import { channelWords, makeChannel } from "../kernel/channel/channel.ts";
import { Receiver } from "../kernel/channel/receiver.ts";
import { Sender } from "../kernel/channel/sender.ts";
import { SharedWords } from "../kernel/channel/words.ts";

const CAPACITY = 4_096;
/** A number, and octets that depend on it. */
const OCTETS_MAX = 64;

export class Courier {
  readonly #words = new SharedWords(
    new SharedArrayBuffer(4 * channelWords(CAPACITY)),
  );
  #sender: Sender;
  #receiver: Receiver;
  #senders = 1;
  #receivers = 1;
  #sent = 0;
  #received = 0;

  constructor() {
    makeChannel(this.#words, CAPACITY);
    this.#sender = attached(Sender.attach(this.#words, 1));
    this.#receiver = attached(Receiver.attach(this.#words, 1));
  }

  get received(): number {
    return this.#received;
  }

  /** Sends until it is full or `count` are sent. */
  send(count: number): void {
    for (let at = 0; at < count; at += 1) {
      const refusal = this.#sender.send(message(this.#sent));
      if (refusal === "full") return;
      if (refusal !== undefined) throw new Error(`the sender is ${refusal}`);
      this.#sent += 1;
    }
  }

  /** Takes what is there; each must be the next one, whole. */
  receive(count: number): void {
    const into = new Uint8Array(OCTETS_MAX);
    for (let at = 0; at < count; at += 1) {
      const got = this.#receiver.receive(into);
      if (got === "empty") break;
      if (typeof got === "string") throw new Error(`the receiver is ${got}`);
      const wanted = message(this.#received);
      if (!equals(got, wanted)) {
        throw new Error(`message ${this.#received} is lost, doubled or torn`);
      }
      this.#received += 1;
    }
    this.#receiver.release();
  }

  /** The end is killed; a new generation goes on where it was. */
  replaceSender(): void {
    const before = this.#senders;
    this.#senders += 1;
    this.#sender = attached(
      Sender.attach(this.#words, this.#senders, before),
    );
  }

  /** The same; it died after it took messages, and before it gave back room. */
  replaceReceiver(): void {
    const before = this.#receivers;
    const { done } = this.#receiver;
    this.#receivers += 1;
    this.#receiver = attached(
      Receiver.attach(this.#words, this.#receivers, before, undefined, done),
    );
  }

  /** Takes everything; what was sent must have come. */
  finish(): void {
    this.receive(Number.MAX_SAFE_INTEGER);
    if (this.#sent !== this.#received) {
      throw new Error(`${this.#sent} were sent, ${this.#received} came`);
    }
  }
}

function attached<T>(end: T | string): T {
  if (typeof end === "string") throw new Error(`not attached: ${end}`);
  return end;
}

function message(number: number): Uint8Array {
  const octets = new Uint8Array(8 + number % (OCTETS_MAX - 8));
  new DataView(octets.buffer).setFloat64(0, number);
  octets.fill(number & 0xff, 8);
  return octets;
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}
