/**
 * Peers that say what makes no sense, and strangers who are nobody.
 *
 * Plan: a control; packets of strangers, at random and changed from real ones, are
 * not read; frames of a proven peer that make no sense end its connection and
 * nothing else; whoever is talked to meanwhile notices nothing.
 */
import { notStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  accepted,
  ended,
  meet,
  type NetFixture,
  opened,
  PATIENT_US,
  peerOf,
  PROTOCOL,
  until,
  works,
} from "../../../conformance/hal/net/case.ts";
import { NetSession } from "../../../hal/net/session.ts";
import { VirtualHost } from "./host.ts";
import { LIMITS } from "./limits.ts";
import { World } from "./world.ts";

const ROUNDS = 150;

function three(seed: number) {
  const world = new World(seed);
  const all = ["0", "1", "2"].map((place) => {
    const identity = world.keys.make(() => world.octet());
    const host = new VirtualHost(world, identity, place);
    const { peer } = identity;
    const described = { peer, name: "simulated", limits: LIMITS };
    return { host, session: new NetSession(host, described) };
  });
  const fixture: NetFixture = {
    hosts: all.map(({ session }) => session.rights),
    address: (at) => `/virtual/${at}`,
    dispose() {},
  };
  const [a, b] = fixture.hosts;
  const liar = all[2]?.host;
  ok(a !== undefined && b !== undefined && liar !== undefined);
  meet(fixture, 0, 1);
  accepted(b.peers.serve(PROTOCOL));
  const both = { a, b };
  const way = { ...both, ...opened(both) };
  return { world, fixture, liar, way };
}

const chance = (world: World, most: number) =>
  Uint8Array.from(
    { length: Math.floor(world.random() * most) },
    () => world.octet(),
  );

Deno.test("virtual/net: packets of strangers are not read", () => {
  const { world, way } = three(1);
  for (let round = 0; round < ROUNDS; round++) {
    const packet = chance(world, 80);
    if (packet.length > 0) packet[0] = 1 + round % 4;
    world.send("elsewhere", String(round % 2), packet);
    if (round % 50 === 0) works(way);
  }
  works(way);
  strictEqual(way.a.control.connected().length, 1);
  strictEqual(way.b.control.connected().length, 1);
});

for (const seed of [1, 2]) {
  Deno.test(`virtual/net: frames that make no sense end their connection only, seed ${seed}`, () => {
    const { world, fixture, liar, way } = three(seed);
    let ends = 0;
    for (let round = 0; round < ROUNDS; round++) {
      if (liar.connections().length === 0) {
        ends += 1;
        meet(fixture, 2, 1);
      }
      const [to] = liar.connections();
      ok(to !== undefined);
      const frame = chance(world, 60);
      if (frame.length > 0) frame[0] = round % 16;
      to.connection.send(frame);
      const answer = way.b.peers.accept(PROTOCOL, 5000n);
      ended(way.b, answer);
      notStrictEqual(way.b.net.health().tag, "failed", `round ${round}`);
    }
    ok(ends > 10, `only ${ends} connections ended`);
    works(way);
    const known = peerOf(way.a).toHex();
    const left = () =>
      way.b.control.connected().some((peer) => peer.toHex() === known);
    ok(left(), "the other peer is not connected any more");
  });
}

Deno.test("virtual/net: a peer that sends more than the window is parted from", () => {
  const { fixture, liar, way } = three(1);
  meet(fixture, 2, 1);
  const c = fixture.hosts[2];
  ok(c !== undefined);
  ended(c, c.peers.open(peerOf(way.b), PROTOCOL, PATIENT_US));
  const [to] = liar.connections();
  ok(to !== undefined);
  for (let sent = 0; sent <= LIMITS.window; sent += 4096) {
    to.sendOctets(1, new Uint8Array(4096));
  }
  until(c, () => liar.connections().length === 0);
  notStrictEqual(way.b.net.health().tag, "failed");
  works(way);
});
