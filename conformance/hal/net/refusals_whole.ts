/** Refusals on streams and of everything at once; what is refused changes nothing. */
import { deepStrictEqual } from "node:assert/strict";
import {
  accepted,
  drained,
  KEY,
  type NetCase,
  type NetFixture,
  octets,
  pair,
  PATIENT_US,
  peerOf,
  PROTOCOL,
  receive,
  refused,
  same,
  send,
  stuffed,
  ticketOf,
  way,
  works,
} from "./case.ts";

import { limits, long, PEER } from "./refusals.ts";

const group = "refusals";

export const WHOLE_REFUSALS: readonly NetCase[] = [
  {
    group,
    claim: "control: what is refused on a stream leaves it as it was",
    promise: "refusal",
    run(fixture) {
      const all = way(fixture);
      const { a, here } = all;
      const { frameMax } = limits(a);
      const { name } = here;
      const none = new Uint8Array();
      refused(a.peers.send(name, none, PATIENT_US), "malformed", "octets");
      const more = new Uint8Array(frameMax + 1);
      refused(a.peers.send(name, more, PATIENT_US), "over-limit", "frame-max");
      refused(a.peers.receive(name, 0, PATIENT_US), "malformed", "most");
      const asked = a.peers.receive(name, frameMax + 1, PATIENT_US);
      refused(asked, "over-limit", "frame-max");
      for (
        const answer of [
          a.peers.send(name, octets(1), 0n),
          a.peers.receive(name, 1, 0n),
          a.peers.finish(name, 0n),
        ]
      ) refused(answer, "wrong-deadline");
      works(all);
    },
  },
  {
    group,
    claim: "sending on a way that was finished",
    promise: "refusal.already",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      send(a, here.name, octets(3));
      ticketOf(a.peers.finish(here.name, PATIENT_US));
      refused(a.peers.send(here.name, octets(1), PATIENT_US), "already");
      refused(a.peers.finish(here.name, PATIENT_US), "already");
      drained(a);
      same(receive(b, there.name, 99), octets(3));
    },
  },
  {
    group,
    claim: "reasons come in the order of the cases",
    promise: "refusal",
    run(fixture) {
      const { a, here } = way(fixture);
      const { frameMax } = limits(a);
      const more = new Uint8Array(frameMax + 1);
      const none = new Uint8Array();
      refused(a.peers.send(9999n, none, 0n), "unknown");
      ticketOf(a.peers.finish(here.name, PATIENT_US));
      refused(a.peers.send(here.name, none, 0n), "malformed");
      refused(a.peers.send(here.name, more, 0n), "over-limit");
      refused(a.peers.send(here.name, octets(1), 0n), "already");
      refused(a.peers.open(none, long(a), 0n), "malformed");
      refused(a.peers.open(PEER, long(a), 0n), "over-limit");
      refused(a.peers.open(PEER, PROTOCOL, 0n), "wrong-deadline");
      drained(a);
    },
  },
  {
    group,
    claim: "more requests than may be under way, until one is taken",
    promise: "limits.in-flight-max",
    run(fixture) {
      const { a } = pair(fixture);
      accepted(a.peers.serve(PROTOCOL));
      const { inFlightMax } = limits(a);
      const all = Array.from(
        { length: inFlightMax },
        () => ticketOf(a.peers.accept(PROTOCOL, PATIENT_US)),
      );
      refused(a.peers.accept(PROTOCOL, PATIENT_US), "full");
      refused(a.find.find(KEY, 1, PATIENT_US), "full");
      const [first = 0n] = all;
      deepStrictEqual(a.net.cancel(first), { tag: "ok" });
      refused(a.peers.accept(PROTOCOL, PATIENT_US), "full");
      deepStrictEqual(a.net.take(1), [
        { ticket: first, outcome: { tag: "cancelled" } },
      ]);
      ticketOf(a.find.find(KEY, 1, PATIENT_US));
      refused(a.find.find(KEY, 1, PATIENT_US), "full");
      accepted(a.peers.unserve(PROTOCOL));
      drained(a);
    },
  },
  {
    group,
    claim: "more streams than there may be, until one ends",
    promise: "limits.streams-max",
    run: tooManyStreams,
  },
  {
    group,
    claim: "a send that is refused for want of room keeps nothing",
    promise: "refusal.full",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { inFlightMax, frameMax } = limits(a);
      const { went } = stuffed(a, here.name);
      let more = 1;
      for (; more < inFlightMax; more++) {
        const answer = a.peers.send(here.name, octets(1), PATIENT_US);
        if (answer.tag === "err") break;
      }
      const some = octets(5);
      refused(a.peers.send(here.name, some, PATIENT_US), "full");
      same(some, octets(5));
      const count = went + frameMax + more - 1;
      const all = receive(b, there.name, count);
      same(all.subarray(went + frameMax), new Uint8Array(more - 1).fill(1));
      drained(a);
      send(a, here.name, some);
      same(receive(b, there.name, 5), some);
    },
  },
];

function tooManyStreams(fixture: NetFixture): void {
  const { a, b } = pair(fixture);
  accepted(b.peers.serve(PROTOCOL));
  const { streamsMax } = limits(a);
  const names: bigint[] = [];
  for (let i = 0; i < streamsMax; i++) {
    const ticket = ticketOf(a.peers.open(peerOf(b), PROTOCOL, PATIENT_US));
    const accepting = ticketOf(b.peers.accept(PROTOCOL, PATIENT_US));
    const outcome = drained(a).get(ticket);
    deepStrictEqual(outcome?.tag, "opened");
    deepStrictEqual(drained(b).get(accepting)?.tag, "opened");
    names.push(ticket);
    if (outcome?.tag === "opened") names[i] = outcome.val.name;
  }
  const more = () => a.peers.open(peerOf(b), PROTOCOL, PATIENT_US);
  refused(more(), "over-limit", "streams-max");
  accepted(a.peers.reset(names[0] ?? 0n));
  ticketOf(more());
  drained(a);
}
