/**
 * The rights of a network as Effect services, for whoever runs on fibers.
 *
 * Same promises as wit/hal/net/net.wit, a service for each right. What takes time
 * needs a deadline and ends by it; who is interrupted meanwhile takes back what has
 * not begun, and a stream that is opened for nobody is reset. The fiber's thread is
 * not blocked: completions are looked for between other fibers. Octets and messages
 * that came for it are left for who asks next; one fiber at a time reads a stream.
 *
 * Deliberately absent: retries. Only the caller knows what may be done twice.
 */
import { Clock, Context, Effect, Layer, Schema } from "effect";
import { type Deadline, Deadline as DeadlineOf, inTime } from "./deadline.ts";
import type { TooLate } from "./deadline.ts";
import { Completions } from "./submission/completions.ts";
import type {
  ActResult,
  Condition,
  Contact,
  Datagram,
  Host,
  Message,
  NetRights,
  Outcome,
  Publication,
  StreamEnd,
  SubmitResult,
  Verdict,
} from "./net_contract.ts";

/** It was not accepted; `reason` is a case of `refusal` in net.wit. */
export class NetRefused extends Schema.TaggedError<NetRefused>()("NetRefused", {
  operation: Schema.String,
  reason: Schema.String,
  /** Which parameter or limit. */
  detail: Schema.String,
}) {}

/** It was accepted and did not do it; `end` is a case of `outcome`. */
export class NetFailed extends Schema.TaggedError<NetFailed>()("NetFailed", {
  operation: Schema.String,
  end: Schema.String,
  detail: Schema.String,
}) {}

/** What takes time. */
export type NetOperation<A> = Effect.Effect<
  A,
  NetRefused | NetFailed | TooLate,
  Deadline
>;

/** What is done at once. */
export type NetAct<A = void> = Effect.Effect<A, NetRefused>;

/** What all rights share. */
export class NetHost extends Context.Service<NetHost, {
  readonly host: Effect.Effect<Host>;
  readonly health: Effect.Effect<Condition>;
}>()("karyon/hal/NetHost") {}

/** The right to talk to peers. */
export class NetPeers extends Context.Service<NetPeers, {
  serve(protocol: string): NetAct;
  unserve(protocol: string): NetAct;
  open(peer: Uint8Array, protocol: string): NetOperation<StreamEnd>;
  accept(protocol: string): NetOperation<StreamEnd>;
  send(name: bigint, octets: Uint8Array): NetOperation<void>;
  /** Undefined once the peer has finished and all was given. */
  receive(name: bigint, most: number): NetOperation<Uint8Array | undefined>;
  finish(name: bigint): NetOperation<void>;
  reset(name: bigint): NetAct;
  post(
    peer: Uint8Array,
    protocol: string,
    octets: Uint8Array,
  ): NetOperation<void>;
  collect(protocol: string): NetOperation<Datagram>;
}>()("karyon/hal/NetPeers") {}

/** The right to be heard by all. */
export class NetPublish extends Context.Service<NetPublish, {
  publish(topic: string, octets: Uint8Array): NetOperation<Publication>;
}>()("karyon/hal/NetPublish") {}

/** The right to hear, and to decide what is passed on. */
export class NetSubscribe extends Context.Service<NetSubscribe, {
  subscribe(topic: string): NetAct<bigint>;
  unsubscribe(subscription: bigint): NetAct;
  next(subscription: bigint): NetOperation<Message>;
  judge(message: bigint, verdict: Verdict): NetAct;
}>()("karyon/hal/NetSubscribe") {}

/** The right to look providers up. */
export class NetFind extends Context.Service<NetFind, {
  find(
    key: Uint8Array,
    most: number,
  ): NetOperation<ReadonlyArray<Uint8Array>>;
}>()("karyon/hal/NetFind") {}

/** The right to say that this end provides something. */
export class NetProvide extends Context.Service<NetProvide, {
  provide(key: Uint8Array): NetOperation<void>;
  retract(key: Uint8Array): NetAct;
}>()("karyon/hal/NetProvide") {}

/** The right to decide who can be reached. */
export class NetControl extends Context.Service<NetControl, {
  listen(address: string): NetOperation<ReadonlyArray<string>>;
  meet(contact: Contact): NetOperation<void>;
  part(peer: Uint8Array): NetAct;
  readonly connected: Effect.Effect<ReadonlyArray<Uint8Array>>;
}>()("karyon/hal/NetControl") {}

/** Every right of one holder. */
export type NetServices =
  | NetHost
  | NetPeers
  | NetPublish
  | NetSubscribe
  | NetFind
  | NetProvide
  | NetControl;

/** Completions of one holder, given to the fibers that wait for them. */
class Waiting {
  readonly #rights: NetRights;
  readonly #completions: Completions<Outcome>;
  /** What came for a fiber that was interrupted then, by whose it is. */
  readonly #left = new Map<string, Outcome[]>();

  constructor(rights: NetRights) {
    this.#rights = rights;
    this.#completions = new Completions({
      take: (most) => rights.net.take(most),
      cancel: (ticket) => rights.net.cancel(ticket),
      drop: (outcome) => this.#drop(outcome),
    });
  }

  /** Comes before anything else that is `whose`. */
  keep(whose: string, outcome: Outcome): void {
    const all = this.#left.get(whose) ?? [];
    this.#left.set(whose, [outcome, ...all]);
  }

  /**
   * Submits, and ends when it has ended as one of `tags`. What comes for a fiber
   * that is interrupted is left for the next one that asks for what is `whose`.
   */
  operation<T extends Outcome["tag"]>(
    name: string,
    tags: readonly T[],
    ask: (within: bigint) => SubmitResult,
    whose = "",
  ): NetOperation<Extract<Outcome, { tag: T }>> {
    const isGood = (one: Outcome): one is Extract<Outcome, { tag: T }> =>
      tags.some((tag) => tag === one.tag);
    return Effect.gen({ self: this }, function* () {
      yield* inTime(`net.${name}`);
      const { atMs } = yield* DeadlineOf;
      const ms = atMs - (yield* Clock.currentTimeMillis);
      this.#completions.look();
      const left = this.#left.get(whose)?.shift();
      if (left !== undefined && isGood(left)) return left;
      const answer = ask(BigInt(Math.max(1, Math.ceil(ms * 1000))));
      if (answer.tag === "err") return yield* refusedBy(name, answer.val);
      const outcome = yield* this.#completions.outcomeOf(
        answer.val,
        whose === "" ? undefined : (one) => this.keep(whose, one),
      );
      if (isGood(outcome)) return outcome;
      const { tag: end, val } = outcome;
      const detail = typeof val === "string" ? val : "";
      return yield* new NetFailed({ operation: name, end, detail });
    });
  }

  /** Nobody is there any more to use it. */
  #drop(outcome: Outcome): void {
    if (outcome.tag === "opened") this.#rights.peers.reset(outcome.val.name);
  }
}

/** The services over a driver that nobody else takes completions from. */
export function netLayer(rights: NetRights): Layer.Layer<NetServices> {
  const waiting = new Waiting(rights);
  const { net } = rights;
  return Layer.mergeAll(
    Layer.succeed(NetHost, {
      host: Effect.sync(() => net.describe()),
      health: Effect.sync(() => net.health()),
    }),
    Layer.succeed(NetPeers, peersOver(rights, waiting)),
    ...gossipOver(rights, waiting),
    ...placesOver(rights, waiting),
  );
}

function peersOver(
  { peers }: NetRights,
  waiting: Waiting,
): NetPeers["Service"] {
  const done = (name: string, ask: (within: bigint) => SubmitResult) =>
    Effect.asVoid(waiting.operation(name, ["done"], ask));
  const opened = (name: string, ask: (within: bigint) => SubmitResult) =>
    Effect.map(waiting.operation(name, ["opened"], ask), ({ val }) => val);
  return {
    serve: (protocol) => acting("serve", () => peers.serve(protocol)),
    unserve: (protocol) => acting("unserve", () => peers.unserve(protocol)),
    open: (peer, protocol) =>
      opened("open", (within) => peers.open(peer, protocol, within)),
    accept: (protocol) =>
      opened("accept", (within) => peers.accept(protocol, within)),
    send: (name, octets) =>
      done("send", (within) => peers.send(name, octets, within)),
    receive: (name, most) => {
      const whose = `stream ${name}`;
      return Effect.map(
        waiting.operation(
          "receive",
          ["octets", "ended"],
          (within) => peers.receive(name, most, within),
          whose,
        ),
        ({ val }) => {
          if (val === undefined || val.length <= most) return val;
          const rest = val.slice(most);
          waiting.keep(whose, { tag: "octets", val: rest });
          return val.slice(0, most);
        },
      );
    },
    finish: (name) => done("finish", (within) => peers.finish(name, within)),
    reset: (name) => acting("reset", () => peers.reset(name)),
    post: (peer, protocol, octets) =>
      done("post", (within) => peers.post(peer, protocol, octets, within)),
    collect: (protocol) =>
      Effect.map(
        waiting.operation(
          "collect",
          ["datagram"],
          (within) => peers.collect(protocol, within),
        ),
        ({ val }) => val,
      ),
  };
}

function gossipOver({ publish, subscribe }: NetRights, waiting: Waiting) {
  return [
    Layer.succeed(NetPublish, {
      publish: (topic, octets) =>
        Effect.map(
          waiting.operation(
            "publish",
            ["published"],
            (within) => publish.publish(topic, octets, within),
          ),
          ({ val }) => val,
        ),
    }),
    Layer.succeed(NetSubscribe, {
      subscribe: (topic) =>
        Effect.suspend(() => {
          const answer = subscribe.subscribe(topic);
          return answer.tag === "ok"
            ? Effect.succeed(answer.val)
            : refusedBy("subscribe", answer.val);
        }),
      unsubscribe: (name) =>
        acting("unsubscribe", () => subscribe.unsubscribe(name)),
      next: (name) =>
        Effect.map(
          waiting.operation(
            "next",
            ["message"],
            (within) => subscribe.next(name, within),
            `subscription ${name}`,
          ),
          ({ val }) => val,
        ),
      judge: (name, verdict) =>
        acting("judge", () => subscribe.judge(name, verdict)),
    }),
  ] as const;
}

function placesOver({ find, provide, control }: NetRights, waiting: Waiting) {
  return [
    Layer.succeed(NetFind, {
      find: (key, most) =>
        Effect.map(
          waiting.operation(
            "find",
            ["found"],
            (within) => find.find(key, most, within),
          ),
          ({ val }) => val,
        ),
    }),
    Layer.succeed(NetProvide, {
      provide: (key) =>
        Effect.asVoid(
          waiting.operation(
            "provide",
            ["done"],
            (within) => provide.provide(key, within),
          ),
        ),
      retract: (key) => acting("retract", () => provide.retract(key)),
    }),
    Layer.succeed(NetControl, {
      listen: (address) =>
        Effect.map(
          waiting.operation(
            "listen",
            ["listening"],
            (within) => control.listen(address, within),
          ),
          ({ val }) => val,
        ),
      meet: (contact) =>
        Effect.asVoid(
          waiting.operation(
            "meet",
            ["done"],
            (within) => control.meet(contact, within),
          ),
        ),
      part: (peer) => acting("part", () => control.part(peer)),
      connected: Effect.sync(() => control.connected()),
    }),
  ] as const;
}

function acting(name: string, act: () => ActResult): NetAct {
  return Effect.suspend(() => {
    const answer = act();
    return answer.tag === "ok" ? Effect.void : refusedBy(name, answer.val);
  });
}

function refusedBy(
  operation: string,
  { tag, val }: { readonly tag: string; readonly val?: string | undefined },
): Effect.Effect<never, NetRefused> {
  const detail = val ?? "";
  return Effect.fail(new NetRefused({ operation, reason: tag, detail }));
}
