/**
 * The streams of one holder: what came, what may still come, and how each ends.
 *
 * Octets wait here for a `receive`, within the window that the driver knows of;
 * what is given makes room.
 */
import type {
  ActResult,
  Limits,
  Outcome,
  StreamEnd,
  SubmitResult,
} from "../net_contract.ts";
import { first, malformed, over, when } from "./checks.ts";
import { Line } from "./line.ts";
import type { Act, NetLink, NetNews, Over } from "./link.ts";
import { refused, type Requests } from "./requests.ts";

export interface Talk {
  readonly stream: StreamEnd;
  readonly inbound: Uint8Array[];
  readonly receives: Line;
  /** Octets that the driver may give. */
  room: number;
  here: "open" | "finishing" | "finished";
  /** The peer has finished. */
  there: boolean;
  endedGiven: boolean;
  over: Over | undefined;
  /** Whether somebody was told that it is over. */
  told: boolean;
}

export class Talks {
  readonly #link: NetLink;
  readonly #requests: Requests;
  readonly #limits: Limits;
  readonly #all = new Map<bigint, Talk>();

  constructor(link: NetLink, requests: Requests, limits: Limits) {
    this.#link = link;
    this.#requests = requests;
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  find(name: bigint): Talk | undefined {
    return this.#all.get(name);
  }

  /** Nobody asks for it any more; the driver knows. */
  forget(name: bigint): void {
    this.#all.delete(name);
  }

  clear(): void {
    this.#all.clear();
  }

  send(name: bigint, octets: Uint8Array, within: bigint): SubmitResult {
    const talk = this.#all.get(name);
    const { frameMax } = this.#limits;
    const wrong = this.#requests.judged(first(
      when(talk === undefined, { tag: "unknown" }),
      when(octets.length === 0, malformed("octets")),
      when(octets.length > frameMax, over("frame-max")),
      when(talk?.here !== "open", { tag: "already" }),
    ));
    if (wrong !== undefined || talk === undefined) {
      return wrong ?? refused("unknown");
    }
    return this.#onto(talk, { tag: "send", name, octets }, within);
  }

  finish(name: bigint, within: bigint): SubmitResult {
    const talk = this.#all.get(name);
    const wrong = this.#requests.judged(first(
      when(talk === undefined, { tag: "unknown" }),
      when(talk?.here !== "open", { tag: "already" }),
    ));
    if (wrong !== undefined || talk === undefined) {
      return wrong ?? refused("unknown");
    }
    const answer = this.#onto(talk, { tag: "finish", name }, within);
    if (answer.tag === "ok") talk.here = "finishing";
    return answer;
  }

  /** Goes to the driver, unless the stream is over: then it says so at once. */
  #onto(talk: Talk, act: Act, within: bigint): SubmitResult {
    if (talk.over === undefined) return this.#requests.act(act, within);
    const ends = new Line(() => this.#overOf(talk));
    const answer = this.#requests.join(ends, 0, within);
    this.#tidy(talk);
    return answer;
  }

  receive(name: bigint, most: number, within: bigint): SubmitResult {
    const talk = this.#all.get(name);
    const { frameMax } = this.#limits;
    const wrong = this.#requests.judged(first(
      when(talk === undefined, { tag: "unknown" }),
      when(most === 0, malformed("most")),
      when(most > frameMax, over("frame-max")),
    ));
    if (wrong !== undefined || talk === undefined) {
      return wrong ?? refused("unknown");
    }
    const answer = this.#requests.join(talk.receives, most, within);
    this.#tidy(talk);
    return answer;
  }

  reset(name: bigint): ActResult {
    const known = this.#all.has(name);
    const wrong = this.#requests.judged(when(!known, { tag: "unknown" }));
    if (wrong === undefined) this.end(name);
    return wrong ?? { tag: "ok" };
  }

  begin(stream: StreamEnd): void {
    const talk: Talk = {
      stream: copied(stream),
      inbound: [],
      receives: new Line((most) => this.#given(talk, most)),
      room: this.#limits.window,
      here: "open",
      there: false,
      endedGiven: false,
      over: undefined,
      told: false,
    };
    this.#all.set(stream.name, talk);
  }

  happened(talk: Talk, news: NetNews): void {
    if (news.tag === "octets") {
      talk.room -= news.octets.length;
      if (talk.room < 0 || talk.there) {
        return this.#requests.died("the driver gave more than there is room");
      }
      talk.inbound.push(news.octets);
    } else if (news.tag === "finished") talk.there = true;
    else if (news.tag === "over") {
      talk.over = news.how;
    }
    this.#requests.turn(talk.receives);
    this.#tidy(talk);
  }

  /** An act on a stream has ended. */
  acted(act: Act, outcome: Outcome): void {
    if (act.tag !== "send" && act.tag !== "finish") return;
    const talk = this.#all.get(act.name);
    if (talk === undefined) return;
    if (outcome.tag === "reset" || outcome.tag === "gone") talk.told = true;
    else if (act.tag === "finish" && outcome.tag === "done") {
      talk.here = "finished";
    }
    this.#tidy(talk);
  }

  withdrawn(act: Act): void {
    const talk = act.tag === "finish" ? this.#all.get(act.name) : undefined;
    if (talk !== undefined) talk.here = "open";
  }

  #given(talk: Talk, most: number): Outcome | undefined {
    const parts: Uint8Array[] = [];
    let left = most;
    for (let part = talk.inbound.shift(); part; part = talk.inbound.shift()) {
      parts.push(part.subarray(0, left));
      if (part.length > left) talk.inbound.unshift(part.subarray(left));
      left -= Math.min(left, part.length);
      if (left === 0) break;
    }
    const count = most - left;
    if (count === 0) return this.#overOf(talk) ?? this.#endedOf(talk);
    talk.room += count;
    const { name } = talk.stream;
    this.#link.tell({ tag: "room", of: { tag: "octets", name }, more: count });
    return { tag: "octets", val: joined(parts, count) };
  }

  #overOf(talk: Talk): Outcome | undefined {
    if (talk.over !== undefined) talk.told = true;
    return talk.over;
  }

  #endedOf(talk: Talk): Outcome | undefined {
    if (!talk.there) return undefined;
    talk.endedGiven = true;
    return { tag: "ended" };
  }

  /** The name goes when both ways have ended, or somebody knows that it is over. */
  #tidy({ stream, here, endedGiven, over, told }: Talk): void {
    const ended = here === "finished" && endedGiven;
    if (ended || (over !== undefined && told)) this.#all.delete(stream.name);
  }

  /** This end ends it. */
  end(name: bigint): void {
    const talk = this.#all.get(name);
    if (talk === undefined) return;
    this.#all.delete(name);
    this.#link.tell({ tag: "reset", name });
    talk.inbound.length = 0;
    talk.over = { tag: "reset", val: "this end reset it" };
    this.#requests.turn(talk.receives);
  }
}

/** The caller's own. */
export function copied({ name, peer, protocol }: StreamEnd): StreamEnd {
  return { name, peer: peer.slice(), protocol };
}

function joined(parts: readonly Uint8Array[], count: number): Uint8Array {
  const all = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
