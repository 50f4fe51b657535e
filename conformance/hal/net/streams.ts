/** Streams between two hosts: octets, ends, and what is served. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  accepted,
  completions,
  ended,
  host,
  type NetCase,
  octets,
  opened,
  pair,
  PATIENT_US,
  peerOf,
  PROTOCOL,
  receive,
  refused,
  same,
  send,
  ticketOf,
  wants,
  way,
  works,
} from "./case.ts";

const group = "behaviour";
const OTHER = "/karyon/suite/other/1";

export const STREAMS: readonly NetCase[] = [
  {
    group,
    claim: "control: octets go both ways between two hosts",
    promise: "net-peers",
    run: (fixture) => works(way(fixture)),
  },
  {
    group,
    claim: "the limits are at least what the contract says",
    promise: "limits",
    run(fixture) {
      for (const { net } of fixture.hosts) {
        const { limits, name, peer } = net.describe();
        ok(name !== "", "no name");
        ok(peer.length > 0 && peer.length <= 64, "peer");
        ok(limits.frameMax >= 16_384, "frame-max");
        ok(limits.window >= 65_536, "window");
        ok(limits.streamsMax >= 64, "streams-max");
        ok(limits.backlogMax >= 8, "backlog-max");
        ok(limits.protocolsMax >= 8, "protocols-max");
        ok(limits.datagramMax >= 1024, "datagram-max");
        ok(limits.datagramsMax >= 16, "datagrams-max");
        ok(limits.messageMax >= 32_768, "message-max");
        ok(limits.messagesMax >= 16, "messages-max");
        ok(limits.subscriptionsMax >= 16, "subscriptions-max");
        ok(limits.providedMax >= 64, "provided-max");
        ok(limits.foundMax >= 16, "found-max");
        ok(limits.textMax >= 128, "text-max");
        ok(limits.inFlightMax >= 64, "in-flight-max");
        ok(limits.silenceMax <= PATIENT_US, "silence-max");
      }
    },
  },
  {
    group,
    claim: "the description is constant, also where a caller changed its own",
    promise: "net.describe",
    run(fixture) {
      const { net } = host(fixture, 0);
      const before = structuredClone(net.describe());
      net.describe().peer.fill(0);
      works(way(fixture));
      deepStrictEqual(net.describe(), before);
    },
  },
  {
    group,
    claim: "each end of a stream says who the other is, and the protocol",
    promise: "stream-end.peer",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      same(here.peer, peerOf(b), "octets of the peer");
      same(there.peer, peerOf(a), "octets of the peer");
      deepStrictEqual([here.protocol, there.protocol], [PROTOCOL, PROTOCOL]);
    },
  },
  {
    group,
    claim:
      "octets come in order, without gap or change, in sends of any length",
    promise: "net-peers.receive",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { frameMax } = a.net.describe().limits;
      for (const length of [1, 2, 255, 256, 257, frameMax - 1, frameMax]) {
        send(a, here.name, octets(length, length));
        same(receive(b, there.name, length), octets(length, length));
      }
      for (const first of [1, 2, 3]) send(a, here.name, octets(100, first));
      const all = [1, 2, 3].flatMap((first) => [...octets(100, first)]);
      same(receive(b, there.name, 300), Uint8Array.from(all));
    },
  },
  {
    group,
    claim: "a receive gives no more than was asked for, and keeps the rest",
    promise: "net-peers.receive",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      send(a, here.name, octets(10));
      const got: number[] = [];
      while (got.length < 10) {
        const answer = b.peers.receive(there.name, 3, PATIENT_US);
        const { val } = wants(ended(b, answer), "octets");
        ok(val.length >= 1 && val.length <= 3, `${val.length} came`);
        got.push(...val);
      }
      same(Uint8Array.from(got), octets(10));
    },
  },
  {
    group,
    claim: "receives that wait are answered in their order",
    promise: "net-peers.receive",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const tickets = [1, 1, 1].map((most) =>
        ticketOf(b.peers.receive(there.name, most, PATIENT_US))
      );
      send(a, here.name, octets(3));
      const all = completions(b, 3);
      const got = tickets.map((ticket) => wants(all.get(ticket), "octets").val);
      same(Uint8Array.from(got.flatMap((one) => [...one])), octets(3));
    },
  },
  {
    group,
    claim: "finishing one way ends it behind its octets, and leaves the other",
    promise: "net-peers.finish",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const sent = ticketOf(a.peers.send(here.name, octets(50), PATIENT_US));
      const done = ticketOf(a.peers.finish(here.name, PATIENT_US));
      const all = completions(a, 2);
      wants(all.get(sent), "done");
      wants(all.get(done), "done");
      same(receive(b, there.name, 1000), octets(50));
      send(b, there.name, octets(20));
      same(receive(a, here.name, 20), octets(20));
    },
  },
  {
    group,
    claim: "an ended way says so each time",
    promise: "outcome.ended",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const early = ticketOf(b.peers.receive(there.name, 9, PATIENT_US));
      wants(ended(a, a.peers.finish(here.name, PATIENT_US)), "done");
      wants(completions(b, 1).get(early), "ended");
      for (let i = 0; i < 2; i++) {
        const answer = b.peers.receive(there.name, 9, PATIENT_US);
        wants(ended(b, answer), "ended");
      }
    },
  },
  {
    group,
    claim: "after both ways have ended the name is unknown",
    promise: "net-peers.finish",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      wants(ended(a, a.peers.finish(here.name, PATIENT_US)), "done");
      refused(a.peers.finish(here.name, PATIENT_US), "already");
      strictEqual(receive(b, there.name, 9).length, 0);
      wants(ended(b, b.peers.finish(there.name, PATIENT_US)), "done");
      strictEqual(receive(a, here.name, 9).length, 0);
      refused(a.peers.receive(here.name, 9, PATIENT_US), "unknown");
      refused(b.peers.send(there.name, octets(1), PATIENT_US), "unknown");
    },
  },
  {
    group,
    claim: "the octets of a send are the caller's again",
    promise: "net-peers.send",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const some = octets(200);
      const ticket = ticketOf(a.peers.send(here.name, some, PATIENT_US));
      some.fill(0);
      wants(completions(a, 1).get(ticket), "done");
      same(receive(b, there.name, 200), octets(200));
    },
  },
  {
    group,
    claim: "streams live side by side, opened by either end",
    promise: "net-peers.open",
    run(fixture) {
      const both = pair(fixture);
      const { a, b } = both;
      for (const one of [a, b]) accepted(one.peers.serve(PROTOCOL));
      const first = { ...both, ...opened(both) };
      const second = { ...both, ...opened(both) };
      const back = { a: b, b: a, ...opened({ a: b, b: a }) };
      send(a, first.here.name, octets(5, 1));
      send(a, second.here.name, octets(5, 2));
      send(b, back.here.name, octets(5, 3));
      same(receive(a, back.there.name, 5), octets(5, 3));
      same(receive(b, second.there.name, 5), octets(5, 2));
      same(receive(b, first.there.name, 5), octets(5, 1));
    },
  },
  {
    group,
    claim: "streams are accepted in the order in which they came",
    promise: "net-peers.accept",
    run(fixture) {
      const { a, b } = pair(fixture);
      accepted(b.peers.serve(PROTOCOL));
      const names = [1, 2, 3].map((first) => {
        const answer = a.peers.open(peerOf(b), PROTOCOL, PATIENT_US);
        const { name } = wants(ended(a, answer), "opened").val;
        send(a, name, octets(4, first));
        return first;
      });
      for (const first of names) {
        const answer = b.peers.accept(PROTOCOL, PATIENT_US);
        const { name } = wants(ended(b, answer), "opened").val;
        same(receive(b, name, 4), octets(4, first));
      }
    },
  },
  {
    group,
    claim: "a stream goes to whoever serves its protocol",
    promise: "net-peers.accept",
    run(fixture) {
      const both = pair(fixture);
      const { b } = both;
      for (const one of [PROTOCOL, OTHER]) accepted(b.peers.serve(one));
      const wrong = ticketOf(b.peers.accept(OTHER, PATIENT_US));
      const { there } = opened(both);
      strictEqual(there.protocol, PROTOCOL);
      deepStrictEqual(b.net.cancel(wrong), { tag: "ok" });
      wants(completions(b, 1).get(wrong), "cancelled");
    },
  },
  {
    group,
    claim: "a protocol that is not served is unreachable",
    promise: "net-peers.serve",
    run(fixture) {
      const both = pair(fixture);
      const { a, b } = both;
      accepted(b.peers.serve(PROTOCOL));
      const answer = a.peers.open(peerOf(b), OTHER, PATIENT_US);
      ok(wants(ended(a, answer), "unreachable").val !== "", "no reason");
      works({ ...both, ...opened(both) });
    },
  },
  {
    group,
    claim: "what is served no more is unreachable, what was accepted stays",
    promise: "net-peers.unserve",
    run(fixture) {
      const all = way(fixture);
      const { a, b } = all;
      const waits = [
        b.peers.accept(PROTOCOL, PATIENT_US),
        b.peers.collect(PROTOCOL, PATIENT_US),
      ].map(ticketOf);
      accepted(b.peers.unserve(PROTOCOL));
      const ends = completions(b, 2);
      for (const ticket of waits) wants(ends.get(ticket), "cancelled");
      works(all);
      const answer = a.peers.open(peerOf(b), PROTOCOL, PATIENT_US);
      const late = ended(a, answer);
      // It may have crossed the news; then it ends at once.
      if (late.tag === "opened") {
        const next = a.peers.receive(late.val.name, 1, PATIENT_US);
        wants(ended(a, next), "reset");
      } else wants(late, "unreachable");
      works(all);
    },
  },
  {
    group,
    claim: "a reset ends what is under way at both ends",
    promise: "net-peers.reset",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const mine = ticketOf(a.peers.receive(here.name, 9, PATIENT_US));
      const theirs = ticketOf(b.peers.receive(there.name, 9, PATIENT_US));
      accepted(a.peers.reset(here.name));
      wants(completions(a, 1).get(mine), "reset");
      wants(completions(b, 1).get(theirs), "reset");
      refused(a.peers.send(here.name, octets(1), PATIENT_US), "unknown");
      refused(a.peers.reset(here.name), "unknown");
      refused(b.peers.send(there.name, octets(1), PATIENT_US), "unknown");
    },
  },
  {
    group,
    claim:
      "a stream that was reset says so to the next request, and then is gone",
    promise: "net-peers.reset",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      accepted(a.peers.reset(here.name));
      const answer = b.peers.receive(there.name, 9, PATIENT_US);
      wants(ended(b, answer), "reset");
      refused(b.peers.receive(there.name, 9, PATIENT_US), "unknown");
    },
  },
  {
    group,
    claim: "a peer that nobody knows is unreachable",
    promise: "outcome.unreachable",
    run(fixture) {
      const { a } = pair(fixture);
      const peer = peerOf(host(fixture, 2));
      const opens = a.peers.open(peer, PROTOCOL, PATIENT_US);
      ok(wants(ended(a, opens), "unreachable").val !== "", "no reason");
      const posts = a.peers.post(peer, PROTOCOL, octets(3), PATIENT_US);
      wants(ended(a, posts), "unreachable");
    },
  },
];
