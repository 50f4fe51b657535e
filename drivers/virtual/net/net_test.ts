/**
 * The simulated network: the suite, the same seed twice, and ways of every kind.
 *
 * Plan: the whole suite on calm ways, and on ways that lose, double, reorder and
 * delay; one seed gives one trace of packets, another seed another one; a way that
 * stalls loses nothing; random changes of octets never show; a stranger's packets
 * are not read; a peer that passes on what is to reject is parted from.
 */
import { notStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  accepted,
  ended,
  heard,
  judged,
  meet,
  type NetFixture,
  octets,
  opened,
  PATIENT_US,
  PROTOCOL,
  receive,
  same,
  send,
  subscribed,
  ticketOf,
  TOPIC,
  until,
  wants,
  way,
} from "../../../conformance/hal/net/case.ts";
import { NET_SUITE, netSuite } from "../../../conformance/hal/net/net_suite.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import { VirtualNet } from "./net.ts";
import { fixtureOn, subject } from "./testing/fixture.ts";

/** A way on which little goes as it should. */
const WILD = {
  delayUs: [200, 8000],
  lose: 0.15,
  double: 0.1,
  late: 0.1,
  change: 0,
} as const;

netSuite("virtual/net", subject);

registerWhole("virtual/net, on wild ways", NET_SUITE, {
  contract: "net",
  make: () => fixtureOn(7, WILD),
});

/** Some of everything; the packets that it took. */
function traced(seed: number): string {
  const net = new VirtualNet({ seed, shape: { ...WILD, change: 0.001 } });
  const hosts = [net.add(), net.add(), net.add()];
  const fixture: NetFixture = {
    hosts,
    address: (at) => net.address(at),
    dispose() {},
  };
  const [a, b] = hosts;
  ok(a !== undefined && b !== undefined);
  meet(fixture, 0, 1);
  accepted(b.peers.serve(PROTOCOL));
  for (let round = 0; round < 20; round++) {
    const answer = a.peers.open(b.net.describe().peer, PROTOCOL, PATIENT_US);
    const outcome = ended(a, answer);
    if (outcome.tag !== "opened") continue;
    a.peers.send(outcome.val.name, octets(5000, round), PATIENT_US);
    a.net.wait(9, 100_000n);
  }
  return net.trace;
}

Deno.test("virtual/net: the same seed gives the same packets, another one others", () => {
  const first = traced(3);
  strictEqual(traced(3), first);
  notStrictEqual(traced(4), first);
});

Deno.test("virtual/net: what a stalled way holds comes when it is healed", () => {
  const net = new VirtualNet({ seed: 1 });
  const hosts = [net.add(), net.add()];
  const { a, b, here, there } = way({
    hosts,
    address: (at) => net.address(at),
    dispose() {},
  });
  net.stall(0, 1);
  ticketOf(a.peers.send(here.name, octets(9000), PATIENT_US));
  const early = b.peers.receive(there.name, 1, 100_000n);
  wants(ended(b, early), "expired");
  net.heal(0, 1);
  same(receive(b, there.name, 9000), octets(9000));
});

Deno.test("virtual/net: octets that change at random are never seen, whatever the seed", () => {
  const ends = { whole: 0, reset: 0 };
  for (let seed = 1; seed <= 12; seed++) {
    const net = new VirtualNet({ seed });
    const hosts = [net.add(), net.add()];
    const { a, b, here, there } = way({
      hosts,
      address: (at) => net.address(at),
      dispose() {},
    });
    net.shape(0, 1, { change: 0.05 });
    const some = octets(60_000, seed);
    ticketOf(a.peers.send(here.name, some, PATIENT_US));
    let at = 0;
    while (at < some.length) {
      const outcome = ended(b, b.peers.receive(there.name, 9999, PATIENT_US));
      if (outcome.tag !== "octets") {
        ok(["reset", "gone"].includes(outcome.tag), `seed ${seed}`);
        break;
      }
      const { val } = outcome;
      same(val, some.subarray(at, at + val.length), `octets, seed ${seed},`);
      at += val.length;
    }
    ends[at === some.length ? "whole" : "reset"] += 1;
  }
  ok(ends.whole > 0 && ends.reset > 0, JSON.stringify(ends));
});

Deno.test("virtual/net: who passes on what is to reject is parted from in the end", () => {
  const fixture = fixtureOn(1);
  meet(fixture, 0, 1);
  const [a, b] = fixture.hosts;
  ok(a !== undefined && b !== undefined);
  const at = subscribed(b, a);
  for (let i = 0; b.control.connected().length > 0; i++) {
    ok(i < 100, "it may go on for ever");
    ended(a, a.publish.publish(TOPIC, octets(3, i), PATIENT_US));
    const message = heard(b, at);
    judged(b, message, "reject");
  }
  until(a, () => a.control.connected().length === 0);
});

Deno.test("virtual/net: a reader that lags gets all, however large", () => {
  const { a, b, here, there } = way(fixtureOn(5, WILD));
  const { frameMax } = a.net.describe().limits;
  for (let round = 0; round < 8; round++) {
    send(a, here.name, octets(frameMax, round));
    if (round % 2 === 1) {
      const both = receive(b, there.name, 2 * frameMax);
      same(both.subarray(0, frameMax), octets(frameMax, round - 1));
      same(both.subarray(frameMax), octets(frameMax, round));
    }
  }
  const other = opened({ a, b });
  send(a, other.here.name, octets(3));
  same(receive(b, other.there.name, 3), octets(3));
});
