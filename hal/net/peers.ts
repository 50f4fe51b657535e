/**
 * Talking to peers: what a holder serves, opens, accepts, posts and collects.
 *
 * What came waits here as far as the driver was told that there is room; what is
 * given makes room.
 */
import type {
  ActResult,
  Datagram,
  Host,
  NetPeers,
  Outcome,
  StreamEnd,
  SubmitResult,
} from "../net_contract.ts";
import { filled, first, fits, other, over, when } from "./checks.ts";
import { Line } from "./line.ts";
import type { Act, NetLink, NetNews, Room } from "./link.ts";
import { refused, type Requests } from "./requests.ts";
import { copied, type Talk, Talks } from "./talks.ts";

const OK: ActResult = { tag: "ok" };

interface Served {
  readonly backlog: StreamEnd[];
  readonly accepts: Line;
  readonly datagrams: Datagram[];
  readonly collects: Line;
}

export class Peers {
  readonly rights: NetPeers;
  readonly #link: NetLink;
  readonly #requests: Requests;
  readonly #host: Host;
  readonly #talks: Talks;
  readonly #opening = new Set<bigint>();
  readonly #served = new Map<string, Served>();

  constructor(link: NetLink, requests: Requests, host: Host) {
    this.#link = link;
    this.#requests = requests;
    this.#host = host;
    this.#talks = new Talks(link, requests, host.limits);
    const talks = this.#talks;
    this.rights = {
      serve: requests.polled((protocol) => this.#serve(protocol)),
      unserve: requests.polled((protocol) => this.#unserve(protocol)),
      open: requests.polled((...all) => this.#open(...all)),
      accept: requests.polled((...all) => this.#waits("accepts", ...all)),
      send: requests.polled((...all) => talks.send(...all)),
      receive: requests.polled((...all) => talks.receive(...all)),
      finish: requests.polled((...all) => talks.finish(...all)),
      reset: requests.polled((name) => talks.reset(name)),
      post: requests.polled((...all) => this.#post(...all)),
      collect: requests.polled((...all) => this.#waits("collects", ...all)),
    };
  }

  heard(news: NetNews): void {
    if (news.tag === "came") this.#came(news.stream);
    else if (news.tag === "datagram") {
      const served = this.#served.get(news.protocol);
      served?.datagrams.push(news.datagram);
      if (served !== undefined) this.#requests.turn(served.collects);
    } else if ("name" in news) {
      // What was reset here may still be spoken of.
      const talk = this.#talks.find(news.name);
      if (talk === undefined) return;
      if (news.tag === "over" && this.#forgetsWaiting(talk)) return;
      this.#talks.happened(talk, news);
    }
  }

  acted(ticket: bigint, act: Act, outcome: Outcome, late: boolean): void {
    if (act.tag === "open") {
      this.#opening.delete(ticket);
      if (outcome.tag !== "opened") return;
      if (late) this.#link.tell({ tag: "reset", name: outcome.val.name });
      else this.#talks.begin(outcome.val);
    }
    this.#talks.acted(act, outcome);
  }

  withdrawn(ticket: bigint, act: Act): void {
    if (act.tag === "open") this.#opening.delete(ticket);
    this.#talks.withdrawn(act);
  }

  died(): void {
    this.#talks.clear();
    this.#opening.clear();
    this.#served.clear();
  }

  #serve(protocol: string): ActResult {
    const { limits } = this.#host;
    const wrong = this.#requests.judged(first(
      filled("protocol", protocol),
      fits(protocol, limits),
      when(
        this.#served.size >= limits.protocolsMax &&
          !this.#served.has(protocol),
        over("protocols-max"),
      ),
      when(this.#served.has(protocol), { tag: "already" }),
    ));
    if (wrong !== undefined) return wrong;
    const backlog: StreamEnd[] = [];
    const datagrams: Datagram[] = [];
    const accepts = new Line(() => {
      const stream = backlog.shift();
      if (stream === undefined) return undefined;
      this.#roomFor({ tag: "backlog", protocol });
      return { tag: "opened", val: copied(stream) };
    });
    const collects = new Line(() => {
      const datagram = datagrams.shift();
      if (datagram === undefined) return undefined;
      this.#roomFor({ tag: "datagrams", protocol });
      return { tag: "datagram", val: datagram };
    });
    this.#served.set(protocol, { backlog, accepts, datagrams, collects });
    this.#link.tell({ tag: "serve", protocol });
    return OK;
  }

  #unserve(protocol: string): ActResult {
    const served = this.#served.get(protocol);
    const wrong = this.#requests.judged(
      when(served === undefined, { tag: "unknown" }),
    );
    if (wrong !== undefined || served === undefined) return wrong ?? OK;
    this.#served.delete(protocol);
    this.#link.tell({ tag: "unserve", protocol });
    for (const { name } of served.backlog) this.#talks.end(name);
    this.#requests.close(served.accepts);
    this.#requests.close(served.collects);
    return OK;
  }

  #open(peer: Uint8Array, protocol: string, within: bigint): SubmitResult {
    const { limits } = this.#host;
    const count = this.#talks.size + this.#opening.size;
    const wrong = this.#requests.judged(first(
      other(peer, this.#host.peer),
      filled("protocol", protocol),
      fits(protocol, limits),
      when(count >= limits.streamsMax, over("streams-max")),
    ));
    if (wrong !== undefined) return wrong;
    const act = { tag: "open", peer, protocol } as const;
    const answer = this.#requests.act(act, within);
    if (answer.tag === "ok") this.#opening.add(answer.val);
    return answer;
  }

  #post(
    peer: Uint8Array,
    protocol: string,
    octets: Uint8Array,
    within: bigint,
  ): SubmitResult {
    const { limits } = this.#host;
    const wrong = this.#requests.judged(first(
      other(peer, this.#host.peer),
      filled("protocol", protocol),
      fits(protocol, limits),
      when(octets.length > limits.datagramMax, over("datagram-max")),
    ));
    const act = { tag: "post", peer, protocol, octets } as const;
    return wrong ?? this.#requests.act(act, within);
  }

  #waits(
    which: "accepts" | "collects",
    protocol: string,
    within: bigint,
  ): SubmitResult {
    const served = this.#served.get(protocol);
    const wrong = this.#requests.judged(
      when(served === undefined, { tag: "unknown" }),
    );
    if (wrong !== undefined || served === undefined) {
      return wrong ?? refused("unknown");
    }
    return this.#requests.join(served[which], 0, within);
  }

  #came(stream: StreamEnd): void {
    const served = this.#served.get(stream.protocol);
    if (served === undefined) {
      return this.#link.tell({ tag: "reset", name: stream.name });
    }
    if (this.#talks.find(stream.name) !== undefined) {
      return this.#requests.died("the driver gave a name twice");
    }
    this.#talks.begin(stream);
    served.backlog.push(stream);
    this.#requests.turn(served.accepts);
  }

  /** A stream that ends before it is accepted is never seen. */
  #forgetsWaiting({ stream: { name, protocol } }: Talk): boolean {
    const backlog = this.#served.get(protocol)?.backlog ?? [];
    const at = backlog.findIndex((one) => one.name === name);
    if (at < 0) return false;
    backlog.splice(at, 1);
    this.#talks.forget(name);
    this.#roomFor({ tag: "backlog", protocol });
    return true;
  }

  #roomFor(of: Extract<Room, { protocol: string }>): void {
    this.#link.tell({ tag: "room", of, more: 1 });
  }
}
