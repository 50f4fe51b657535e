/**
 * Messages of one holder: what it subscribes to, hears, and decides on.
 *
 * Deliberately absent: verifying authors and telling one message from another by
 * its identity. Both are the driver's, which sees all ways that a message takes.
 */
import type {
  ActResult,
  Limits,
  Message,
  NetPublish,
  NetSubscribe,
  SubmitResult,
  Verdict,
} from "../net_contract.ts";
import { filled, first, fits, over, when } from "./checks.ts";
import { Line } from "./line.ts";
import type { NetLink, NetNews } from "./link.ts";
import { refused, type Requests } from "./requests.ts";

interface Subscription {
  readonly topic: string;
  readonly messages: Message[];
  readonly nexts: Line;
  /** Given, and waiting for a verdict; oldest first. */
  readonly unjudged: Set<bigint>;
}

export class Gossip {
  readonly publish: NetPublish;
  readonly subscribe: NetSubscribe;
  readonly #link: NetLink;
  readonly #requests: Requests;
  readonly #limits: Limits;
  readonly #subscriptions = new Map<bigint, Subscription>();
  #names = 1n;

  constructor(link: NetLink, requests: Requests, limits: Limits) {
    this.#link = link;
    this.#requests = requests;
    this.#limits = limits;
    this.publish = {
      publish: requests.polled((...all) => this.#publish(...all)),
    };
    this.subscribe = {
      subscribe: requests.polled((topic) => this.#subscribe(topic)),
      unsubscribe: requests.polled((name) => this.#unsubscribe(name)),
      next: requests.polled((name, within) => this.#next(name, within)),
      judge: requests.polled((name, verdict) => this.#judge(name, verdict)),
    };
  }

  heard(news: NetNews): void {
    if (news.tag !== "message") return;
    const one = this.#subscriptions.get(news.subscription);
    if (one === undefined) return;
    one.messages.push(news.message);
    this.#requests.turn(one.nexts);
  }

  died(): void {
    this.#subscriptions.clear();
  }

  #publish(topic: string, octets: Uint8Array, within: bigint): SubmitResult {
    const wrong = this.#requests.judged(first(
      filled("topic", topic),
      fits(topic, this.#limits),
      when(octets.length > this.#limits.messageMax, over("message-max")),
    ));
    const act = { tag: "publish", topic, octets } as const;
    return wrong ?? this.#requests.act(act, within);
  }

  #subscribe(topic: string): ReturnType<NetSubscribe["subscribe"]> {
    const all = [...this.#subscriptions.values()];
    const known = all.some((one) => one.topic === topic);
    const full = all.length >= this.#limits.subscriptionsMax && !known;
    const wrong = this.#requests.judged(first(
      filled("topic", topic),
      fits(topic, this.#limits),
      when(full, over("subscriptions-max")),
      when(known, { tag: "already" }),
    ));
    if (wrong !== undefined) return wrong;
    const name = this.#names++;
    const messages: Message[] = [];
    const unjudged = new Set<bigint>();
    const nexts = new Line(() => {
      const message = messages.shift();
      if (message === undefined) return undefined;
      this.#link.tell({ tag: "room", of: { tag: "messages", name }, more: 1 });
      this.#awaits(unjudged, message.name);
      return { tag: "message", val: message };
    });
    this.#subscriptions.set(name, { topic, messages, nexts, unjudged });
    this.#link.tell({ tag: "subscribe", name, topic });
    return { tag: "ok", val: name };
  }

  #unsubscribe(name: bigint): ActResult {
    const one = this.#subscriptions.get(name);
    const wrong = this.#requests.judged(
      when(one === undefined, { tag: "unknown" }),
    );
    if (wrong !== undefined || one === undefined) {
      return wrong ?? refused("unknown");
    }
    this.#subscriptions.delete(name);
    this.#link.tell({ tag: "unsubscribe", name });
    this.#requests.close(one.nexts);
    return { tag: "ok" };
  }

  #next(name: bigint, within: bigint): SubmitResult {
    const one = this.#subscriptions.get(name);
    const wrong = this.#requests.judged(
      when(one === undefined, { tag: "unknown" }),
    );
    if (wrong !== undefined || one === undefined) {
      return wrong ?? refused("unknown");
    }
    return this.#requests.join(one.nexts, 0, within);
  }

  #judge(name: bigint, verdict: Verdict): ActResult {
    const all = [...this.#subscriptions.values()];
    const one = all.find(({ unjudged }) => unjudged.has(name));
    const wrong = this.#requests.judged(
      when(one === undefined, { tag: "unknown" }),
    );
    if (wrong !== undefined) return wrong;
    one?.unjudged.delete(name);
    this.#link.tell({ tag: "judge", name, verdict });
    return { tag: "ok" };
  }

  /** One more waits for a verdict; the oldest has waited in vain. */
  #awaits(unjudged: Set<bigint>, name: bigint): void {
    unjudged.add(name);
    if (unjudged.size <= this.#limits.messagesMax) return;
    const [oldest] = unjudged;
    if (oldest === undefined) return;
    unjudged.delete(oldest);
    this.#link.tell({ tag: "judge", name: oldest, verdict: "ignore" });
  }
}
