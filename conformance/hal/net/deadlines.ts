/** What is cancelled, expires or overruns, and what is left of it. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  accepted,
  completions,
  drained,
  ended,
  faultsOf,
  heard,
  host,
  KEY,
  meet,
  type NetCase,
  octets,
  opened,
  pair,
  passes,
  PATIENT_US,
  peerOf,
  PROTOCOL,
  publish,
  receive,
  same,
  send,
  SOON_US,
  stuffed,
  subscribed,
  ticketOf,
  wants,
  way,
  works,
} from "./case.ts";

const group = "deadlines";
const OK = { tag: "ok" } as const;

export const DEADLINES: readonly NetCase[] = [
  {
    group,
    claim: "control: a send that waits goes when there is room",
    promise: "net-peers.send",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { went, waiting } = stuffed(a, here.name);
      receive(b, there.name, went);
      wants(completions(a, 1).get(waiting), "done");
    },
  },
  {
    group,
    claim: "waiting requests that expire have taken nothing",
    promise: "outcome.expired",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const at = subscribed(b, a);
      const waits = [
        b.peers.receive(there.name, 9, SOON_US),
        b.peers.accept(PROTOCOL, SOON_US),
        b.peers.collect(PROTOCOL, SOON_US),
        b.subscribe.next(at, SOON_US),
      ].map(ticketOf);
      const all = drained(b);
      for (const ticket of waits) wants(all.get(ticket), "expired");
      send(a, here.name, octets(9));
      same(receive(b, there.name, 9), octets(9));
      opened({ a, b });
      publish(a, octets(9));
      same(heard(b, at).octets, octets(9));
    },
  },
  {
    group,
    claim: "waiting requests that are cancelled have taken nothing",
    promise: "outcome.cancelled",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const at = subscribed(b, a);
      const waits = [
        b.peers.receive(there.name, 9, PATIENT_US),
        b.peers.accept(PROTOCOL, PATIENT_US),
        b.subscribe.next(at, PATIENT_US),
      ].map(ticketOf);
      for (const ticket of waits) deepStrictEqual(b.net.cancel(ticket), OK);
      const all = drained(b);
      for (const ticket of waits) wants(all.get(ticket), "cancelled");
      send(a, here.name, octets(9));
      same(receive(b, there.name, 9), octets(9));
      opened({ a, b });
      publish(a, octets(9));
      same(heard(b, at).octets, octets(9));
    },
  },
  {
    group,
    claim: "a send that is cancelled before it began is never sent",
    promise: "outcome.cancelled",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { frameMax } = a.net.describe().limits;
      const { went } = stuffed(a, here.name);
      const late = ticketOf(a.peers.send(here.name, octets(9, 3), PATIENT_US));
      const last = ticketOf(a.peers.send(here.name, octets(9, 5), PATIENT_US));
      deepStrictEqual(a.net.cancel(late), OK);
      wants(completions(a, 1).get(late), "cancelled");
      const all = receive(b, there.name, went + frameMax + 9);
      same(all.subarray(went + frameMax), octets(9, 5));
      wants(drained(a).get(last), "done");
      works({ a, b, here, there });
    },
  },
  {
    group,
    claim: "a send that expires before it began is never sent",
    promise: "outcome.expired",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { frameMax } = a.net.describe().limits;
      const { went } = stuffed(a, here.name);
      const late = ticketOf(a.peers.send(here.name, octets(9, 3), SOON_US));
      wants(completions(a, 1).get(late), "expired");
      receive(b, there.name, went + frameMax);
      strictEqual(drained(a).size, 1);
      works({ a, b, here, there });
    },
  },
  {
    group,
    claim: "a send that overruns is sent whole, in its place",
    promise: "outcome.overrun",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { window, frameMax } = a.net.describe().limits;
      const { went, waiting } = stuffed(a, here.name);
      // Part of it went, so that nothing is left of the window.
      receive(b, there.name, went + frameMax);
      wants(completions(a, 1).get(waiting), "done");
      let sent = 0;
      let overran = false;
      for (let at = 0; !overran; at++) {
        ok(sent <= window + frameMax, "nothing overran");
        const length = Math.min(frameMax, 10_007);
        const some = octets(length, at);
        const answer = a.peers.send(here.name, some, SOON_US);
        const outcome = ended(a, answer);
        if (outcome.tag === "expired") break;
        overran = outcome.tag === "overrun";
        if (!overran) wants(outcome, "done");
        sent += length;
      }
      ok(overran, "a send that had begun expired");
      const last = ticketOf(a.peers.send(here.name, octets(7, 9), PATIENT_US));
      const all = receive(b, there.name, sent + 7);
      for (let at = 0; at * 10_007 < sent; at++) {
        const part = all.subarray(at * 10_007, (at + 1) * 10_007);
        same(part, octets(10_007, at), `octets of send ${at}`);
      }
      same(all.subarray(sent), octets(7, 9));
      wants(drained(a).get(last), "done");
    },
  },
  {
    group,
    claim: "a send that has begun is not cancelled",
    promise: "refused-cancel.begun",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { frameMax } = a.net.describe().limits;
      send(a, here.name, octets(1));
      const { went, waiting } = stuffed(a, here.name);
      deepStrictEqual(a.net.cancel(waiting), { tag: "err", val: "begun" });
      same(
        receive(b, there.name, 1 + went + frameMax).subarray(1 + went),
        octets(frameMax, went & 0xff),
      );
      wants(completions(a, 1).get(waiting), "done");
    },
  },
  {
    group,
    claim: "cancelling twice says begun",
    promise: "refused-cancel.begun",
    run(fixture) {
      const { b } = way(fixture);
      const ticket = ticketOf(b.peers.accept(PROTOCOL, PATIENT_US));
      deepStrictEqual(b.net.cancel(ticket), OK);
      deepStrictEqual(b.net.cancel(ticket), { tag: "err", val: "begun" });
      wants(completions(b, 1).get(ticket), "cancelled");
    },
  },
  {
    group,
    claim: "cancelling what was taken or never given says unknown",
    promise: "refused-cancel.unknown",
    run(fixture) {
      const one = host(fixture, 0);
      const ticket = ticketOf(one.find.find(KEY, 1, PATIENT_US));
      completions(one, 1);
      for (const other of [ticket, ticket + 1n, 0n, 2n ** 64n - 1n]) {
        const answer = one.net.cancel(other);
        deepStrictEqual(answer, { tag: "err", val: "unknown" });
      }
    },
  },
  {
    group,
    claim: "cancelling takes one request and no other",
    promise: "net.cancel",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const [one, two, three] = [1, 2, 3].map(() =>
        ticketOf(b.peers.receive(there.name, 1, PATIENT_US))
      );
      deepStrictEqual(b.net.cancel(two ?? 0n), OK);
      send(a, here.name, octets(2));
      const all = drained(b);
      deepStrictEqual(all.get(two ?? 0n)?.tag, "cancelled");
      const got = [one, three].map((ticket) =>
        wants(all.get(ticket ?? 0n), "octets").val
      );
      same(Uint8Array.from(got.flatMap((each) => [...each])), octets(2));
    },
  },
  {
    group,
    claim: "a finish that is cancelled leaves the way open",
    promise: "net-peers.finish",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { frameMax } = a.net.describe().limits;
      const { went, waiting } = stuffed(a, here.name);
      const done = ticketOf(a.peers.finish(here.name, PATIENT_US));
      deepStrictEqual(a.net.cancel(done), OK);
      receive(b, there.name, went + frameMax);
      const all = drained(a);
      wants(all.get(waiting), "done");
      wants(all.get(done), "cancelled");
      works({ a, b, here, there });
    },
  },
  {
    group,
    claim: "completions come in the order of ends, not in that of submitting",
    promise: "net.take",
    run(fixture) {
      const { b } = way(fixture);
      const [last, first] = [40n * SOON_US, SOON_US].map((within) =>
        ticketOf(b.peers.accept(PROTOCOL, within))
      );
      const order: Array<bigint | undefined> = [];
      while (order.length < 2) {
        for (const { ticket } of b.net.wait(1, PATIENT_US)) order.push(ticket);
      }
      deepStrictEqual(order, [first, last]);
    },
  },
  {
    group,
    claim: "a stream that is opened too late is reset",
    promise: "outcome.overrun",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b } = pair(fixture);
      accepted(b.peers.serve(PROTOCOL));
      faults.cut(0, 1);
      const answer = a.peers.open(peerOf(b), PROTOCOL, SOON_US);
      const outcome = ended(a, answer);
      ok(["overrun", "expired"].includes(outcome.tag), outcome.tag);
      faults.heal(0, 1);
      strictEqual(drained(a).size, 0);
      const late = ended(b, b.peers.accept(PROTOCOL, 50n * SOON_US));
      if (late.tag === "opened") {
        // Somebody has to look at what came too late.
        passes(a, 10n * SOON_US);
        const next = b.peers.receive(late.val.name, 1, PATIENT_US);
        wants(ended(b, next), "reset");
      } else strictEqual(late.tag, "expired");
      works({ a, b, ...opened({ a, b }) });
    },
  },
  {
    group,
    claim: "what cannot be reached in time ends in time",
    promise: "net",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b } = pair(fixture);
      meet(fixture, 0, 2);
      faults.cut(0, 1);
      const tickets = [
        a.peers.open(peerOf(b), PROTOCOL, SOON_US),
        a.find.find(octets(9), 1, SOON_US),
        a.control.meet(
          { peer: peerOf(b), addresses: [fixture.address(1)] },
          SOON_US,
        ),
      ].map(ticketOf);
      const all = completions(a, tickets.length);
      for (const ticket of tickets) ok(all.has(ticket), `${ticket}`);
      faults.heal(0, 1);
      strictEqual(drained(a).size, 0);
    },
  },
];
