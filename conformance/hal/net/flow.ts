/** Windows, names, tickets and completions. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  accepted,
  completions,
  drained,
  ended,
  host,
  type NetCase,
  octets,
  opened,
  pair,
  PATIENT_US,
  PROTOCOL,
  receive,
  same,
  send,
  SOON_US,
  stuffed,
  ticketOf,
  wants,
  way,
} from "./case.ts";

const group = "behaviour";

export const FLOW: readonly NetCase[] = [
  {
    group,
    claim: "sends wait where the window is full, and go on when it is read",
    promise: "limits.window",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { frameMax } = a.net.describe().limits;
      const { went, waiting } = stuffed(a, here.name);
      ok(went > 0, "nothing went");
      const all = receive(b, there.name, went + frameMax);
      for (let at = 0; at <= went; at += frameMax) {
        const want = octets(frameMax, at & 0xff);
        same(all.subarray(at, at + frameMax), want, `octets from ${at} on`);
      }
      wants(completions(a, 1).get(waiting), "done");
    },
  },
  {
    group,
    claim: "a stream that nobody reads does not stop another",
    promise: "net-peers.send",
    run(fixture) {
      const all = way(fixture);
      const { waiting } = stuffed(all.a, all.here.name);
      const other = { ...all, ...opened(all) };
      send(all.b, other.there.name, octets(9));
      same(receive(all.a, other.here.name, 9), octets(9));
      const ticket = ticketOf(
        all.a.peers.send(other.here.name, octets(9), PATIENT_US),
      );
      wants(completions(all.a, 1).get(ticket), "done");
      same(receive(all.b, other.there.name, 9), octets(9));
      accepted(all.a.peers.reset(all.here.name));
      wants(completions(all.a, 1).get(waiting), "reset");
    },
  },
  {
    group,
    claim: "names and tickets are never given again",
    promise: "stream-end.name",
    run(fixture) {
      const both = pair(fixture);
      accepted(both.b.peers.serve(PROTOCOL));
      const seen = { here: new Set<bigint>(), there: new Set<bigint>() };
      for (let i = 0; i < 8; i++) {
        const { here, there } = opened(both);
        ok(!seen.here.has(here.name), `${here.name} was given twice`);
        ok(!seen.there.has(there.name), `${there.name} was given twice`);
        seen.here.add(here.name);
        seen.there.add(there.name);
        accepted(both.a.peers.reset(here.name));
        const answer = both.b.peers.receive(there.name, 1, PATIENT_US);
        wants(ended(both.b, answer), "reset");
      }
    },
  },
  {
    group,
    claim: "no more completions are given than asked, each once",
    promise: "net.take",
    run(fixture) {
      const { a, here } = way(fixture);
      const tickets = [1, 2, 3, 4, 5].map((first) =>
        ticketOf(a.peers.send(here.name, octets(4, first), PATIENT_US))
      );
      deepStrictEqual(a.net.take(0), []);
      const seen: bigint[] = [];
      while (seen.length < tickets.length) {
        const some = a.net.wait(2, PATIENT_US);
        ok(some.length === 1 || some.length === 2, `${some.length} were given`);
        seen.push(...some.map(({ ticket }) => ticket));
      }
      deepStrictEqual(seen, tickets);
      strictEqual(drained(a).size, 0);
    },
  },
  {
    group,
    claim: "a wait with nothing under way gives nothing, at once",
    promise: "net.wait",
    run(fixture) {
      const { net } = host(fixture, 0);
      deepStrictEqual(net.wait(10, PATIENT_US), []);
      deepStrictEqual(net.wait(10, 0n), []);
    },
  },
  {
    group,
    claim: "a wait ends at its own bound",
    promise: "net.wait",
    run(fixture) {
      const { a, here } = way(fixture);
      const waits = ticketOf(a.peers.receive(here.name, 1, PATIENT_US));
      deepStrictEqual(a.net.wait(10, SOON_US), []);
      deepStrictEqual(a.net.cancel(waits), { tag: "ok" });
    },
  },
];
