/** What is published, heard, judged and passed on. */
import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import type { NetRights } from "../../../hal/net_contract.ts";
import {
  accepted,
  completions,
  drained,
  ended,
  heard,
  host,
  judged,
  meet,
  type NetCase,
  type NetFixture,
  octets,
  pair,
  passes,
  PATIENT_US,
  peerOf,
  publish,
  refused,
  same,
  SOON_US,
  subscribed,
  ticketOf,
  TOPIC,
  wants,
} from "./case.ts";

const group = "behaviour";
const OTHER = "/karyon/suite/other-topic/1";

interface Line {
  readonly a: NetRights;
  readonly b: NetRights;
  readonly c: NetRights;
  /** What B and C subscribe to. */
  readonly atB: bigint;
  readonly atC: bigint;
}

/** A and C know B and not each other; B and C subscribe. */
export function line(fixture: NetFixture): Line {
  meet(fixture, 0, 1);
  meet(fixture, 2, 1);
  const [a, b, c] = [0, 1, 2].map((at) => host(fixture, at)) as [
    NetRights,
    NetRights,
    NetRights,
  ];
  const atC = subscribed(c, b);
  const atB = subscribed(b, a);
  // What B accepted of A while C already subscribed came there, too.
  judged(c, heard(c, atC));
  return { a, b, c, atB, atC };
}

export const GOSSIP: readonly NetCase[] = [
  {
    group,
    claim: "control: who subscribes hears what is published",
    promise: "net-publish.publish",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      for (const length of [0, 1, 1000]) {
        publish(a, octets(length));
        const message = heard(b, at);
        same(message.octets, octets(length));
        strictEqual(message.missed, 0n);
        judged(b, message);
      }
    },
  },
  {
    group,
    claim: "the largest message comes whole",
    promise: "limits.message-max",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      const { messageMax } = a.net.describe().limits;
      publish(a, octets(messageMax));
      same(heard(b, at).octets, octets(messageMax));
    },
  },
  {
    group,
    claim: "a message has the identity that its publisher was told",
    promise: "publication.id",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      const id = publish(a, octets(5));
      ok(id.length > 0 && id.length <= 64, `${id.length} octets`);
      same(heard(b, at).id, id, "octets of the identity");
    },
  },
  {
    group,
    claim: "the same octets published twice are two messages",
    promise: "message.id",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      const ids = [publish(a, octets(5)), publish(a, octets(5))];
      const messages = [heard(b, at), heard(b, at)];
      notDeepStrictEqual(ids[0], ids[1]);
      const got = new Set(messages.map(({ id }) => id.toHex()));
      deepStrictEqual(got, new Set(ids.map((id) => id.toHex())));
      const names = messages.map(({ name }) => name);
      ok(names[0] !== names[1], "two messages have one name");
    },
  },
  {
    group,
    claim: "a publisher does not hear itself",
    promise: "net-publish.publish",
    run(fixture) {
      const { a, b } = pair(fixture);
      const mine = ticketOf(a.subscribe.subscribe(TOPIC));
      const at = subscribed(b, a);
      publish(a, octets(5));
      same(heard(b, at).octets, octets(5));
      strictEqual(ended(a, a.subscribe.next(mine, SOON_US)).tag, "expired");
    },
  },
  {
    group,
    claim: "where nobody subscribes a message is published to nobody",
    promise: "net-publish.publish",
    run(fixture) {
      const { a } = pair(fixture);
      const answer = a.publish.publish(TOPIC, octets(5), PATIENT_US);
      ok(wants(ended(a, answer), "unreachable").val !== "", "no reason");
    },
  },
  {
    group,
    claim: "topics are heard apart",
    promise: "net-subscribe.subscribe",
    run(fixture) {
      const { a, b } = pair(fixture);
      const one = subscribed(b, a);
      const two = subscribed(b, a, OTHER);
      publish(a, octets(5, 1));
      publish(a, octets(5, 2), OTHER);
      same(heard(b, two).octets, octets(5, 2));
      same(heard(b, one).octets, octets(5, 1));
    },
  },
  {
    group,
    claim: "who unsubscribes hears no more, and may begin anew",
    promise: "net-subscribe.unsubscribe",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      const waits = ticketOf(b.subscribe.next(at, PATIENT_US));
      accepted(b.subscribe.unsubscribe(at));
      wants(completions(b, 1).get(waits), "cancelled");
      refused(b.subscribe.next(at, PATIENT_US), "unknown");
      refused(b.subscribe.unsubscribe(at), "unknown");
      const again = subscribed(b, a);
      ok(again !== at, "a name was given twice");
      publish(a, octets(7));
      same(heard(b, again).octets, octets(7));
    },
  },
  {
    group,
    claim: "what is passed on says who wrote it and who passed it on",
    promise: "message.author",
    run(fixture) {
      const { a, b, c, atB, atC } = line(fixture);
      const id = publish(a, octets(5));
      const first = heard(b, atB);
      same(first.author, peerOf(a), "octets of the author");
      same(first.sender, peerOf(a), "octets of the sender");
      judged(b, first);
      const second = heard(c, atC);
      same(second.author, peerOf(a), "octets of the author");
      same(second.id, id, "octets of the identity");
      same(second.octets, octets(5));
    },
  },
  {
    group,
    claim:
      "what is passed on names the neighbour, not the author, as its sender",
    promise: "message.sender",
    run(fixture) {
      const { a, b, c, atB, atC } = line(fixture);
      publish(a, octets(5));
      judged(b, heard(b, atB));
      same(heard(c, atC).sender, peerOf(b), "octets of the sender");
    },
  },
  ...(["reject", "ignore", "none"] as const).map((verdict): NetCase => ({
    group,
    claim: verdict === "none"
      ? "what has no verdict yet is not passed on"
      : `what is to ${verdict} is not passed on`,
    promise: "net-subscribe.judge",
    run(fixture) {
      const { a, b, c, atB, atC } = line(fixture);
      publish(a, octets(5, 1));
      const first = heard(b, atB);
      if (verdict !== "none") judged(b, first, verdict);
      publish(a, octets(5, 2));
      judged(b, heard(b, atB));
      same(heard(c, atC).octets, octets(5, 2));
      if (verdict !== "none") return;
      judged(b, first);
      same(heard(c, atC).octets, octets(5, 1));
    },
  })),
  {
    group,
    claim: "a verdict is passed once, on what was given",
    promise: "net-subscribe.judge",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      publish(a, octets(5));
      const message = heard(b, at);
      refused(b.subscribe.judge(message.name + 1000n, "accept"), "unknown");
      judged(b, message);
      refused(b.subscribe.judge(message.name, "accept"), "unknown");
    },
  },
  {
    group,
    claim: "where too many wait for a verdict the oldest is ignored",
    promise: "net-subscribe.judge",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      const { messagesMax } = b.net.describe().limits;
      const all = Array.from({ length: messagesMax + 1 }, (_, i) => {
        publish(a, octets(3, i));
        return heard(b, at).name;
      });
      const [oldest = 0n, ...others] = all;
      refused(b.subscribe.judge(oldest, "accept"), "unknown");
      for (const name of others) accepted(b.subscribe.judge(name, "accept"));
    },
  },
  {
    group,
    claim: "a message that comes by two ways is given once",
    promise: "net-subscribe.next",
    run(fixture) {
      const { a, b, c, atB, atC } = line(fixture);
      meet(fixture, 0, 2);
      publish(c, Uint8Array.of(9));
      judged(b, heard(b, atB));
      for (const first of [1, 2, 3]) {
        publish(a, octets(5, first));
        const [one, two] = [heard(b, atB), heard(c, atC)];
        same(one.octets, octets(5, first));
        same(two.octets, octets(5, first));
        judged(b, one);
        judged(c, two);
      }
      passes(a, SOON_US);
      for (const [one, at] of [[b, atB], [c, atC]] as const) {
        const outcome = ended(one, one.subscribe.next(at, SOON_US));
        strictEqual(outcome.tag, "expired");
      }
    },
  },
  {
    group,
    claim: "what is dropped for want of room is counted",
    promise: "message.missed",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      const { messagesMax } = b.net.describe().limits;
      const more = messagesMax + 5;
      for (let i = 0; i < more; i++) publish(a, Uint8Array.of(i));
      passes(b, 50n * SOON_US);
      for (let i = 0; i < messagesMax; i++) {
        const message = heard(b, at);
        deepStrictEqual([...message.octets], [i]);
        strictEqual(message.missed, 0n);
      }
      publish(a, Uint8Array.of(255));
      const last = heard(b, at);
      deepStrictEqual([...last.octets], [255]);
      strictEqual(last.missed, 5n);
    },
  },
  {
    group,
    claim: "the octets of a message are the caller's again",
    promise: "net-publish.publish",
    run(fixture) {
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      const some = octets(50);
      const ticket = ticketOf(a.publish.publish(TOPIC, some, PATIENT_US));
      some.fill(0);
      wants(drained(a).get(ticket), "published");
      same(heard(b, at).octets, octets(50));
    },
  },
];
