/** What networks do wrong: rules that are not kept, and what comes otherwise. */
import type { Message, Outcome } from "../../../hal/net_contract.ts";
import type { NetNews } from "../../../hal/net/link.ts";
import type { Rule, Tamper } from "./plain_world.ts";

type WorldWrong = readonly [name: string, breaks: string, () => Tamper];

const without = (...rules: Rule[]) => (): Tamper => ({
  without: new Set(rules),
});

const heard = (change: (message: Message) => Message) => (): Tamper => ({
  heard: (message, again) => again ? [] : [change(message)],
});

const news = (change: (news: NetNews) => NetNews[]) => (): Tamper => ({
  news: change,
});

const ended = (change: (outcome: Outcome) => Outcome) => (): Tamper => ({
  ended: change,
});

const RULES: readonly WorldWrong[] = [
  ["takes whoever is at an address", "net-control.meet", without("proof")],
  ["shows what was changed on the way", "outcome.reset", without("seal")],
  ["never notices silence", "limits.silence-max", without("silence")],
  ["sends more than the window", "limits.window", without("window")],
  [
    "passes on before the verdict",
    "net-subscribe.judge",
    without("verdict"),
  ],
  [
    "passes on what was rejected",
    "net-subscribe.judge",
    without("rejection"),
  ],
  ["sends what was cancelled", "outcome.cancelled", without("withdrawal")],
  ["sends what has expired", "outcome.expired", without("withdrawal")],
  ["resets without telling the peer", "net-peers.reset", without("reset")],
  ["ends both ways at a finish", "net-peers.finish", without("half")],
  ["speaks what is not served", "net-peers.serve", without("serving")],
  ["has a backlog without an end", "limits.backlog-max", without("backlog")],
  [
    "does not count datagrams that it drops",
    "datagram.missed",
    without("counting"),
  ],
  [
    "does not count messages that it drops",
    "message.missed",
    without("counting"),
  ],
  [
    "parts without telling the peer",
    "net-control.part",
    without("parting"),
  ],
  ["asks neighbours only", "net-find.find", without("asking")],
];

const OCTETS: readonly WorldWrong[] = [
  ["changes an octet of a stream", "net-peers.receive", () => ({
    came: (some) => [some.map((octet, at) => at === 255 ? octet ^ 1 : octet)],
  })],
  ["loses the end of a large frame", "net-peers.receive", () => ({
    came: (some) => [some.length > 1000 ? some.slice(0, -1) : some],
  })],
  ["gives octets twice", "net-peers.receive", () => ({
    came: (some) => some.length === 257 ? [some, some] : [some],
  })],
  ["gives parts of a frame in another order", "net-peers.receive", () => ({
    came: (some) => [some.slice(100), some.slice(0, 100)],
  })],
  ["says an end before the octets", "net-peers.finish", () => {
    const kept = new Map<bigint, NetNews>();
    return {
      news(one) {
        if (one.tag === "octets" && one.octets.length === 50) {
          kept.set(one.name, one);
          return [];
        }
        return [one];
      },
    };
  }],
  [
    "never says an end",
    "outcome.ended",
    news((one) => one.tag === "finished" ? [] : [one]),
  ],
  [
    "names another peer at a stream",
    "stream-end.peer",
    news((one) => {
      if (one.tag !== "came") return [one];
      const peer = one.stream.peer.map((octet) => octet ^ 1);
      return [{ ...one, stream: { ...one.stream, peer } }];
    }),
  ],
  [
    "says who is connected too often",
    "net-control.connected",
    news((one) =>
      one.tag === "connected"
        ? [{ ...one, peers: [...one.peers, ...one.peers] }]
        : [one]
    ),
  ],
  [
    "is never connected as the one that is met",
    "condition.degraded",
    news((one) =>
      one.tag === "connected" ? [{ tag: "connected", peers: [] }] : [one]
    ),
  ],
];

const ALONE: readonly WorldWrong[] = [
  ["gives a datagram twice", "net-peers.post", () => ({
    datagram: (one) => [one, one],
  })],
  ["cuts long datagrams", "net-peers.post", () => ({
    datagram: (one) => [{ ...one, octets: one.octets.subarray(0, 1000) }],
  })],
  ["names nobody at a datagram", "net-peers.post", () => ({
    datagram: (one) => [{ ...one, peer: new Uint8Array(32) }],
  })],
  ["gives a message once for each way", "net-subscribe.next", () => ({
    heard: (message) => [message],
  })],
  [
    "takes the sender for the author",
    "message.author",
    heard((message) => ({ ...message, author: message.sender })),
  ],
  [
    "takes the author for the sender",
    "message.sender",
    heard((message) => ({ ...message, sender: message.author })),
  ],
  [
    "takes the same octets for the same message",
    "message.id",
    heard((message) => ({ ...message, id: message.octets.slice(0, 8) })),
  ],
  [
    "says another identity to the publisher",
    "publication.id",
    ended((outcome) =>
      outcome.tag === "published"
        ? {
          tag: "published",
          val: { ...outcome.val, id: outcome.val.id.toReversed() },
        }
        : outcome
    ),
  ],
  [
    "cuts large messages",
    "limits.message-max",
    heard((message) => ({
      ...message,
      octets: message.octets.subarray(0, 30_000),
    })),
  ],
  [
    "publishes to nobody without a word",
    "net-publish.publish",
    ended((outcome) =>
      outcome.tag === "unreachable" && outcome.val === "nobody subscribes"
        ? { tag: "published", val: { id: Uint8Array.of(1), peers: 0 } }
        : outcome
    ),
  ],
  [
    "gives more peers than were asked for",
    "net-find.find",
    ended((outcome) =>
      outcome.tag === "found" && outcome.val.length === 1
        ? { tag: "found", val: [...outcome.val, Uint8Array.of(9)] }
        : outcome
    ),
  ],
  [
    "says done where nobody heard",
    "net-provide.provide",
    ended((outcome) =>
      outcome.tag === "unreachable" && outcome.val === "nobody is connected"
        ? { tag: "done" }
        : outcome
    ),
  ],
  [
    "gives no reason for what is unreachable",
    "outcome.unreachable",
    ended((outcome) =>
      outcome.tag === "unreachable" ? { tag: "unreachable", val: "" } : outcome
    ),
  ],
];

export const WORLD_WRONGS = [...RULES, ...OCTETS, ...ALONE];
