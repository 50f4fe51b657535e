/** What drivers do wrong with requests and their ends. */
import type {
  Completion,
  Host,
  NetRights,
  Outcome,
  Refusal,
  SubmitResult,
} from "../../../hal/net_contract.ts";
import type { Wrong } from "./mutants.ts";

type CallingWrong = readonly [name: string, breaks: string, Wrong];

/** Other completions in place of those that are given. */
const giving =
  (change: (all: Completion[]) => Completion[]): Wrong => ({ net }) => ({
    net: {
      take: (most) => change(net.take(most)),
      wait: (most, within) => change(net.wait(most, within)),
    },
  });

const outcomes = (change: (outcome: Outcome) => Outcome): Wrong =>
  giving((all) =>
    all.map(({ ticket, outcome }) => ({ ticket, outcome: change(outcome) }))
  );

const limiting =
  (change: (limits: Host["limits"]) => Partial<Host["limits"]>): Wrong =>
  ({ net }) => ({
    net: {
      describe() {
        const host = net.describe();
        const limits = { ...host.limits, ...change(host.limits) };
        return { ...host, limits };
      },
    },
  });

/** Another answer of every request that has a deadline and is refused so. */
function refusing(from: Refusal["tag"], to: Refusal | "none"): Wrong {
  const changed = (answer: SubmitResult): SubmitResult => {
    if (answer.tag === "ok" || answer.val.tag !== from) return answer;
    return to === "none"
      ? { tag: "ok", val: 99_999n }
      : { tag: "err", val: to };
  };
  return ({ peers, publish, subscribe, find, provide, control }) => ({
    peers: {
      open: (...all) => changed(peers.open(...all)),
      accept: (...all) => changed(peers.accept(...all)),
      send: (...all) => changed(peers.send(...all)),
      receive: (...all) => changed(peers.receive(...all)),
      finish: (...all) => changed(peers.finish(...all)),
      post: (...all) => changed(peers.post(...all)),
      collect: (...all) => changed(peers.collect(...all)),
    },
    publish: { publish: (...all) => changed(publish.publish(...all)) },
    subscribe: { next: (...all) => changed(subscribe.next(...all)) },
    find: { find: (...all) => changed(find.find(...all)) },
    provide: { provide: (...all) => changed(provide.provide(...all)) },
    control: {
      listen: (...all) => changed(control.listen(...all)),
      meet: (...all) => changed(control.meet(...all)),
    },
  });
}

const FULL = { tag: "full" } as const;
const UNKNOWN = { tag: "unknown" } as const;

const REFUSING: readonly CallingWrong[] = [
  [
    "takes what is malformed",
    "refusal.malformed",
    refusing("malformed", "none"),
  ],
  [
    "names another parameter",
    "refusal.malformed",
    refusing("malformed", { tag: "malformed", val: "?" }),
  ],
  [
    "takes messages that are too long",
    "limits.message-max",
    refusing("over-limit", "none"),
  ],
  [
    "names another limit",
    "limits.text-max",
    refusing("over-limit", { tag: "over-limit", val: "frame-max" }),
  ],
  [
    "takes a deadline of nothing",
    "refusal.wrong-deadline",
    refusing("wrong-deadline", "none"),
  ],
  [
    "says full for what is unknown",
    "refusal.unknown",
    refusing("unknown", FULL),
  ],
  [
    "takes more than may be under way",
    "limits.in-flight-max",
    refusing("full", "none"),
  ],
  ["sends after a finish", "refusal.already", refusing("already", "none")],
  ["says unknown when it is gone", "refusal.gone", refusing("gone", UNKNOWN)],
  ["looks at the deadline first", "refusal", ({ peers }) => ({
    peers: {
      send: (name, octets, within) =>
        within === 0n
          ? { tag: "err", val: { tag: "wrong-deadline" } }
          : peers.send(name, octets, within),
    },
  })],
  [
    "has a smaller window than the least",
    "limits",
    limiting(() => ({
      window: 32_768,
    })),
  ],
  [
    "says that it has more streams than it does",
    "limits.streams-max",
    limiting(({ streamsMax }) => ({ streamsMax: streamsMax + 1 })),
  ],
  [
    "says that it waits for less than it does",
    "limits.backlog-max",
    limiting(({ backlogMax }) => ({ backlogMax: backlogMax + 1 })),
  ],
  ["serves what is served anew", "refusal.already", ({ peers }) => ({
    peers: {
      serve(protocol) {
        const answer = peers.serve(protocol);
        return answer.tag === "err" && answer.val.tag === "already"
          ? { tag: "ok" }
          : answer;
      },
    },
  })],
];

const ENDING: readonly CallingWrong[] = [
  ["describes itself anew", "net.describe", ({ net }) => {
    const host = net.describe();
    return { net: { describe: () => host } };
  }],
  [
    "loses the last of several completions",
    "completion",
    giving((all) => all.length > 1 ? all.slice(0, -1) : all),
  ],
  [
    "gives a completion twice",
    "completion",
    giving((all) => all.length > 1 ? [...all, ...all.slice(0, 1)] : all),
  ],
  ["gives more completions than asked", "net.take", ({ net }) => ({
    net: {
      take: () => net.take(1000),
      wait: (_, within) => net.wait(1000, within),
    },
  })],
  [
    "gives completions backwards",
    "net.take",
    giving((all) => all.toReversed()),
  ],
  ["waits longer than it may", "net.wait", ({ net }) => ({
    net: { wait: (most, within) => net.wait(most, 4000n * within) },
  })],
  ["cancels the next one, too", "net.cancel", ({ net }) => ({
    net: {
      cancel(ticket) {
        net.cancel(ticket + 1n);
        return net.cancel(ticket);
      },
    },
  })],
  ["says cancelled for what has begun", "refused-cancel.begun", ({ net }) => ({
    net: {
      cancel(ticket) {
        const answer = net.cancel(ticket);
        return answer.tag === "err" && answer.val === "begun"
          ? { tag: "ok" }
          : answer;
      },
    },
  })],
  ["knows what was taken", "refused-cancel.unknown", ({ net }) => ({
    net: {
      cancel(ticket) {
        const answer = net.cancel(ticket);
        return answer.tag === "err" ? { tag: "err", val: "begun" } : answer;
      },
    },
  })],
  [
    "says overrun for what never began",
    "outcome.expired",
    outcomes((one) => one.tag === "expired" ? { tag: "overrun" } : one),
  ],
  [
    "says expired for what has begun",
    "outcome.overrun",
    outcomes((one) => one.tag === "overrun" ? { tag: "expired" } : one),
  ],
  [
    "says failed for what is gone",
    "outcome.gone",
    outcomes((one) =>
      one.tag === "gone" ? { tag: "failed", val: one.val } : one
    ),
  ],
  [
    "loses what is under way when it dies",
    "outcome.gone",
    giving((all) => all.filter(({ outcome }) => outcome.tag !== "gone")),
  ],
  ["is well when it is gone", "refusal.gone", () => ({
    net: { health: () => ({ tag: "ok" }) },
  })],
  ["is well when it is alone", "condition.degraded", () => ({
    net: { health: () => ({ tag: "ok" }) },
  })],
  [
    "says done for a stream that was reset",
    "net-peers.reset",
    outcomes((one) => one.tag === "reset" ? { tag: "ended" } : one),
  ],
];

const TALKING: readonly CallingWrong[] = [
  ["gives a name of a stream again", "stream-end.name", ({ net, peers }) => {
    const real: bigint[] = [];
    const changed = (all: Completion[]) =>
      all.map((one): Completion => {
        if (one.outcome.tag !== "opened") return one;
        real.push(one.outcome.val.name);
        const val = { ...one.outcome.val, name: 5n };
        return { ...one, outcome: { tag: "opened", val } };
      });
    const last = (name: bigint) => name === 5n ? real.at(-1) ?? name : name;
    return {
      net: {
        take: (most) => changed(net.take(most)),
        wait: (most, within) => changed(net.wait(most, within)),
      },
      peers: {
        send: (name, ...rest) => peers.send(last(name), ...rest),
        receive: (name, ...rest) => peers.receive(last(name), ...rest),
        finish: (name, within) => peers.finish(last(name), within),
        reset: (name) => peers.reset(last(name)),
      },
    };
  }],
  ["keeps the caller's octets in place of a copy", "net-peers.send", (
    { net, peers },
  ) => {
    let late: (() => void) | undefined;
    return {
      net: {
        wait(most, within) {
          late?.();
          late = undefined;
          return net.wait(most, within);
        },
      },
      peers: {
        send(name, octets, within) {
          if (octets.length !== 200) return peers.send(name, octets, within);
          const rest = octets.subarray(1);
          late = () => void peers.send(name, rest, within);
          return peers.send(name, octets.subarray(0, 1), within);
        },
      },
    };
  }],
  ["keeps the caller's message in place of a copy", "net-publish.publish", (
    { publish, net },
  ) => {
    let late: Uint8Array | undefined;
    let topic = "";
    return {
      net: {
        wait(most, within) {
          if (late !== undefined) {
            const probe = publish.publish(topic, late, within);
            late = undefined;
            return probe.tag === "ok"
              ? net.wait(most, within).map((one) => ({
                ...one,
                ticket: one.ticket - 1n,
              }))
              : [];
          }
          return net.wait(most, within);
        },
      },
      publish: {
        publish(to, octets, within) {
          if (octets.length !== 50) return publish.publish(to, octets, within);
          const answer = publish.publish("/nobody", octets, within);
          net.wait(1, within);
          [late, topic] = [octets, to];
          return answer;
        },
      },
    };
  }],
  ["opens only one stream at a time", "net-peers.open", ({ peers }) => {
    let first: bigint | undefined;
    return {
      peers: {
        open(...all) {
          if (first !== undefined) peers.reset(first);
          const answer = peers.open(...all);
          if (answer.tag === "ok") first = answer.val;
          return answer;
        },
      },
    };
  }],
  ["keeps subscriptions that ended", "net-subscribe.unsubscribe", () => ({
    subscribe: { unsubscribe: () => ({ tag: "ok" }) },
  })],
  ["takes a verdict twice", "net-subscribe.judge", ({ subscribe }) => ({
    subscribe: {
      judge(name, verdict) {
        const answer = subscribe.judge(name, verdict);
        return answer.tag === "err" ? { tag: "ok" } : answer;
      },
    },
  })],
  ["keeps what is served", "net-peers.unserve", () => ({
    peers: { unserve: () => ({ tag: "ok" }) },
  })],
  ["retracts nothing", "net-provide.retract", () => ({
    provide: { retract: () => ({ tag: "ok" }) },
  })],
  ["accepts what came last", "net-peers.accept", ({ net, peers }) => {
    const kept: Outcome[] = [];
    const asked = new Set<bigint>();
    const changed = (all: Completion[], within: bigint) =>
      all.map((one): Completion => {
        if (one.outcome.tag !== "opened" || !asked.delete(one.ticket)) {
          return one;
        }
        kept.push(one.outcome);
        const more = peers.accept(one.outcome.val.protocol, 100n);
        for (const next of net.wait(1, within)) {
          if (more.tag !== "ok" || next.ticket !== more.val) continue;
          if (next.outcome.tag === "opened") kept.push(next.outcome);
        }
        return { ticket: one.ticket, outcome: kept.pop() ?? one.outcome };
      });
    return {
      net: { wait: (most, within) => changed(net.wait(most, within), within) },
      peers: {
        accept(...all) {
          const answer = peers.accept(...all);
          if (answer.tag === "ok") asked.add(answer.val);
          return answer;
        },
      },
    };
  }],
];

export const CALLING_WRONGS: readonly CallingWrong[] = [
  ...REFUSING,
  ...ENDING,
  ...TALKING,
];

export type Changes = {
  readonly [Right in keyof NetRights]?: Partial<NetRights[Right]>;
};
