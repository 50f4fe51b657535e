/** Hosts that die and return, ways that are cut and heal. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { NetRights } from "../../../hal/net_contract.ts";
import {
  accepted,
  completions,
  drained,
  ended,
  faultsOf,
  heard,
  host,
  judged,
  KEY,
  meet,
  type NetCase,
  octets,
  opened,
  pair,
  PATIENT_US,
  peerOf,
  PROTOCOL,
  publish,
  receive,
  refused,
  same,
  send,
  SOON_US,
  stuffed,
  ticketOf,
  TOPIC,
  wants,
  way,
  works,
} from "./case.ts";
import { line } from "./gossip.ts";

const group = "recovery";

/** Ends as `gone`, within twice the silence that the driver promises. */
function goneInTime(one: NetRights, ticket: bigint): void {
  const { silenceMax } = one.net.describe().limits;
  const [first] = one.net.wait(1, 2n * silenceMax);
  ok(first !== undefined, "nothing ended");
  strictEqual(first.ticket, ticket);
  wants(first.outcome, "gone");
}

export const RECOVERY: readonly NetCase[] = [
  {
    group,
    claim: "a driver that dies ends everything under way, once",
    promise: "outcome.gone",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, here } = way(fixture);
      const at = ticketOf(a.subscribe.subscribe(TOPIC));
      accepted(a.peers.serve(PROTOCOL));
      const { waiting } = stuffed(a, here.name);
      const tickets = [
        waiting,
        ticketOf(a.peers.receive(here.name, 9, PATIENT_US)),
        ticketOf(a.peers.accept(PROTOCOL, PATIENT_US)),
        ticketOf(a.subscribe.next(at, PATIENT_US)),
      ];
      faults.kill(0);
      const all = drained(a);
      deepStrictEqual([...all.keys()].sort(), tickets.sort());
      for (const outcome of all.values()) {
        ok(wants(outcome, "gone").val !== "", "no reason");
      }
    },
  },
  {
    group,
    claim: "a driver that died refuses everything, and says so",
    promise: "refusal.gone",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b, here } = way(fixture);
      faults.kill(0);
      for (
        const answer of [
          a.peers.serve(PROTOCOL),
          a.peers.unserve(PROTOCOL),
          a.peers.open(peerOf(b), PROTOCOL, PATIENT_US),
          a.peers.accept(PROTOCOL, PATIENT_US),
          a.peers.send(here.name, octets(1), PATIENT_US),
          a.peers.receive(here.name, 1, PATIENT_US),
          a.peers.finish(here.name, 0n),
          a.peers.reset(here.name),
          a.peers.post(new Uint8Array(), "", octets(1), 0n),
          a.peers.collect(PROTOCOL, PATIENT_US),
          a.publish.publish(TOPIC, octets(1), PATIENT_US),
          a.subscribe.unsubscribe(1n),
          a.subscribe.judge(1n, "accept"),
          a.find.find(KEY, 1, PATIENT_US),
          a.provide.provide(KEY, PATIENT_US),
          a.provide.retract(KEY),
          a.control.listen("/x", PATIENT_US),
          a.control.part(peerOf(b)),
        ]
      ) refused(answer, "gone");
      const subscribing = a.subscribe.subscribe(TOPIC);
      ok(subscribing.tag === "err" && subscribing.val.tag === "gone");
      const health = a.net.health();
      ok(health.tag === "failed" && health.val !== "", "health");
      deepStrictEqual(a.control.connected(), []);
      deepStrictEqual(drained(a).size, 0);
    },
  },
  {
    group,
    claim: "streams with a peer that died are gone, in time",
    promise: "limits.silence-max",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b, here, there } = way(fixture);
      const ticket = ticketOf(b.peers.receive(there.name, 9, PATIENT_US));
      faults.kill(0);
      goneInTime(b, ticket);
      refused(b.peers.send(there.name, octets(1), PATIENT_US), "unknown");
      deepStrictEqual(b.control.connected(), []);
      refused(a.peers.send(here.name, octets(1), PATIENT_US), "gone");
    },
  },
  {
    group,
    claim: "a peer that returns is met again, and remembers no stream",
    promise: "net-control.meet",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b, here } = way(fixture);
      const identity = peerOf(b);
      const ticket = ticketOf(a.peers.receive(here.name, 9, PATIENT_US));
      faults.kill(1);
      goneInTime(a, ticket);
      faults.revive(1);
      const again = host(fixture, 1);
      same(peerOf(again), identity, "octets of the identity");
      meet(fixture);
      accepted(again.peers.serve(PROTOCOL));
      const both = { a, b: again };
      works({ ...both, ...opened(both) });
    },
  },
  {
    group,
    claim: "a way that is cut for long ends streams at both ends",
    promise: "limits.silence-max",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b, here, there } = way(fixture);
      const mine = ticketOf(a.peers.receive(here.name, 9, PATIENT_US));
      const theirs = ticketOf(b.peers.receive(there.name, 9, PATIENT_US));
      faults.cut(0, 1);
      goneInTime(a, mine);
      const { silenceMax } = b.net.describe().limits;
      const [first] = b.net.wait(1, 2n * silenceMax);
      strictEqual(first?.ticket, theirs);
      wants(first.outcome, "gone");
      deepStrictEqual(a.control.connected(), []);
      deepStrictEqual(b.control.connected(), []);
    },
  },
  {
    group,
    claim: "after a way has healed its ends meet again",
    promise: "net-control.meet",
    run(fixture) {
      const faults = faultsOf(fixture);
      const both = way(fixture);
      const { a, b, here } = both;
      const mine = ticketOf(a.peers.receive(here.name, 9, PATIENT_US));
      faults.cut(0, 1);
      goneInTime(a, mine);
      faults.heal(0, 1);
      meet(fixture);
      works({ a, b, ...opened(both) });
    },
  },
  {
    group,
    claim: "a way that is cut and heals soon loses nothing of a stream",
    promise: "net-peers.receive",
    run(fixture) {
      const faults = faultsOf(fixture);
      const all = way(fixture);
      const { a, b, here, there } = all;
      for (let round = 0; round < 3; round++) {
        faults.cut(0, 1);
        const some = octets(5000, round);
        const sent = ticketOf(a.peers.send(here.name, some, PATIENT_US));
        const got = ticketOf(b.peers.receive(there.name, 1, SOON_US));
        wants(completions(b, 1).get(got), "expired");
        faults.heal(0, 1);
        same(receive(b, there.name, 5000), some);
        wants(completions(a, 1).get(sent), "done");
      }
      works(all);
    },
  },
  {
    group,
    claim: "who is cut off from one still reaches others",
    promise: "net-peers",
    run(fixture) {
      const faults = faultsOf(fixture);
      const all = way(fixture);
      meet(fixture, 0, 2);
      const c = host(fixture, 2);
      faults.cut(0, 2);
      accepted(c.peers.serve(PROTOCOL));
      const stuck = ticketOf(all.a.peers.open(peerOf(c), PROTOCOL, PATIENT_US));
      send(all.b, all.there.name, octets(9));
      const got = ticketOf(all.a.peers.receive(all.here.name, 9, PATIENT_US));
      const [first] = all.a.net.wait(1, PATIENT_US);
      strictEqual(first?.ticket, got);
      same(wants(first.outcome, "octets").val, octets(9));
      faults.heal(0, 2);
      ok(drained(all.a).has(stuck), "the other did not end");
      works(all);
    },
  },
  {
    group,
    claim: "a message goes round a way that is cut",
    promise: "net-publish.publish",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b, c, atB, atC } = line(fixture);
      meet(fixture, 0, 2);
      faults.cut(0, 2);
      publish(a, octets(5));
      judged(b, heard(b, atB));
      const message = heard(c, atC);
      same(message.octets, octets(5));
      same(message.sender, peerOf(b), "octets of the sender");
      judged(c, message);
    },
  },
  {
    group,
    claim:
      "who opens to a peer that is cut off learns in time that it is not there",
    promise: "outcome.unreachable",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b } = pair(fixture);
      const { silenceMax } = a.net.describe().limits;
      faults.cut(0, 1);
      const ticket = ticketOf(a.peers.open(peerOf(b), PROTOCOL, PATIENT_US));
      const [first] = a.net.wait(1, 2n * silenceMax);
      strictEqual(first?.ticket, ticket);
      wants(first.outcome, "unreachable");
      faults.heal(0, 1);
      strictEqual(ended(a, a.find.find(KEY, 1, SOON_US)).tag, "found");
    },
  },
];
