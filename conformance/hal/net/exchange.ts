/** Datagrams, providers, and where peers are. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { NetRights } from "../../../hal/net_contract.ts";
import {
  accepted,
  completions,
  ended,
  host,
  KEY,
  listening,
  meet,
  type NetCase,
  octets,
  opened,
  pair,
  passes,
  PATIENT_US,
  peerOf,
  PROTOCOL,
  refused,
  same,
  SOON_US,
  ticketOf,
  until,
  wants,
  way,
  works,
} from "./case.ts";

const group = "behaviour";
const DATAGRAMS = 8;

function post(one: NetRights, to: NetRights, some: Uint8Array): void {
  const answer = one.peers.post(peerOf(to), PROTOCOL, some, PATIENT_US);
  wants(ended(one, answer), "done");
}

/** Posts until one comes: each may be lost. */
function posted(one: NetRights, to: NetRights, some: Uint8Array) {
  for (let look = 0; look < 1000; look++) {
    post(one, to, some);
    const outcome = ended(to, to.peers.collect(PROTOCOL, SOON_US));
    if (outcome.tag !== "expired") return wants(outcome, "datagram").val;
  }
  throw new Error("no datagram came");
}

const keysOf = (peers: readonly Uint8Array[]) =>
  peers.map((peer) => peer.toHex()).sort();

const DATAGRAM_CASES: readonly NetCase[] = [
  {
    group,
    claim: "control: a datagram comes whole, and says from whom",
    promise: "net-peers.post",
    run(fixture) {
      const { a, b } = pair(fixture);
      accepted(b.peers.serve(PROTOCOL));
      const { datagramMax } = a.net.describe().limits;
      for (const length of [1, 0, 100, datagramMax]) {
        const came = posted(a, b, octets(length, length));
        same(came.octets, octets(length, length));
        same(came.peer, peerOf(a), "octets of the peer");
        // More of them may be on the way.
        while (
          ended(b, b.peers.collect(PROTOCOL, SOON_US)).tag !== "expired"
        );
      }
    },
  },
  {
    group,
    claim: "a datagram comes once at most",
    promise: "net-peers.post",
    run(fixture) {
      const { a, b } = pair(fixture);
      accepted(b.peers.serve(PROTOCOL));
      for (let i = 0; i < DATAGRAMS; i++) post(a, b, Uint8Array.of(i));
      const seen = new Set<number>();
      for (;;) {
        const outcome = ended(b, b.peers.collect(PROTOCOL, 10n * SOON_US));
        if (outcome.tag === "expired") break;
        const [octet = -1] = wants(outcome, "datagram").val.octets;
        ok(octet >= 0 && octet < DATAGRAMS, `nobody sent ${octet}`);
        ok(!seen.has(octet), `${octet} came twice`);
        seen.add(octet);
      }
    },
  },
  {
    group,
    claim: "datagrams that are dropped for want of room are counted",
    promise: "datagram.missed",
    run(fixture) {
      const { a, b } = pair(fixture);
      accepted(b.peers.serve(PROTOCOL));
      const { datagramsMax } = b.net.describe().limits;
      const more = 4 * datagramsMax;
      for (let i = 0; i < more; i++) post(a, b, Uint8Array.of(i));
      passes(b, 10n * SOON_US);
      let came = 0;
      for (;; came++) {
        const outcome = ended(b, b.peers.collect(PROTOCOL, SOON_US));
        if (outcome.tag === "expired") break;
        strictEqual(wants(outcome, "datagram").val.missed, 0n);
      }
      ok(came <= datagramsMax, `${came} waited`);
      const { missed } = posted(a, b, octets(3));
      ok(missed > 0n && missed <= more - came, `${missed} were missed`);
    },
  },
  {
    group,
    claim: "what is not served is not heard, also not later",
    promise: "net-peers.serve",
    run(fixture) {
      const { a, b } = pair(fixture);
      post(a, b, Uint8Array.of(1));
      passes(b, SOON_US);
      accepted(b.peers.serve(PROTOCOL));
      deepStrictEqual([...posted(a, b, Uint8Array.of(2)).octets], [2]);
    },
  },
];

const PROVIDER_CASES: readonly NetCase[] = [
  {
    group,
    claim: "who provides is found through others, and reached",
    promise: "net-find.find",
    run(fixture) {
      listening(fixture, 2);
      meet(fixture, 0, 1);
      meet(fixture, 2, 1);
      const [a, c] = [host(fixture, 0), host(fixture, 2)];
      wants(ended(c, c.provide.provide(KEY, PATIENT_US)), "done");
      accepted(c.peers.serve(PROTOCOL));
      const outcome = ended(a, a.find.find(KEY, 4, PATIENT_US));
      deepStrictEqual(wants(outcome, "found").val, [peerOf(c)]);
      const both = { a, b: c };
      works({ ...both, ...opened(both) });
    },
  },
  {
    group,
    claim: "what nobody provides is found nowhere",
    promise: "net-find.find",
    run(fixture) {
      const { a, b } = pair(fixture);
      wants(ended(b, b.provide.provide(KEY, PATIENT_US)), "done");
      const other = ended(a, a.find.find(octets(32), 4, PATIENT_US));
      deepStrictEqual(wants(other, "found").val, []);
    },
  },
  {
    group,
    claim: "a find gives no more than was asked, each once, and not itself",
    promise: "net-find.find",
    run(fixture) {
      meet(fixture, 0, 1);
      meet(fixture, 0, 2);
      const [a, b, c] = [0, 1, 2].map((at) => host(fixture, at));
      ok(a !== undefined && b !== undefined && c !== undefined);
      for (const one of [a, b, c]) {
        wants(ended(one, one.provide.provide(KEY, PATIENT_US)), "done");
      }
      const found = (most: number) =>
        wants(ended(a, a.find.find(KEY, most, PATIENT_US)), "found").val;
      deepStrictEqual(keysOf(found(4)), keysOf([peerOf(b), peerOf(c)]));
      strictEqual(found(1).length, 1);
    },
  },
  {
    group,
    claim: "what is provided while nobody is there is announced later",
    promise: "net-provide.provide",
    run(fixture) {
      const b = host(fixture, 1);
      const outcome = ended(b, b.provide.provide(KEY, PATIENT_US));
      ok(wants(outcome, "unreachable").val !== "", "no reason");
      refused(b.provide.provide(KEY, PATIENT_US), "already");
      const { a } = pair(fixture);
      until(a, () => {
        const asked = ended(a, a.find.find(KEY, 4, PATIENT_US));
        return wants(asked, "found").val.length > 0;
      });
      const asked = ended(a, a.find.find(KEY, 4, PATIENT_US));
      deepStrictEqual(wants(asked, "found").val, [peerOf(b)]);
    },
  },
  {
    group,
    claim: "what is retracted can be provided again",
    promise: "net-provide.retract",
    run(fixture) {
      const { a } = pair(fixture);
      for (let i = 0; i < 2; i++) {
        wants(ended(a, a.provide.provide(KEY, PATIENT_US)), "done");
        accepted(a.provide.retract(KEY));
        refused(a.provide.retract(KEY), "unknown");
      }
    },
  },
];

const CONTROL_CASES: readonly NetCase[] = [
  {
    group,
    claim: "who meets is connected, at both ends, by identity",
    promise: "net-control.connected",
    run(fixture) {
      const [a, b] = [host(fixture, 0), host(fixture, 1)];
      deepStrictEqual(a.control.connected(), []);
      meet(fixture);
      deepStrictEqual(a.control.connected(), [peerOf(b)]);
      deepStrictEqual(b.control.connected(), [peerOf(a)]);
    },
  },
  {
    group,
    claim: "meeting twice is meeting once",
    promise: "net-control.meet",
    run(fixture) {
      const { a, b } = pair(fixture);
      meet(fixture);
      deepStrictEqual(a.control.connected(), [peerOf(b)]);
      deepStrictEqual(b.control.connected(), [peerOf(a)]);
    },
  },
  {
    group,
    claim: "an address where nobody listens is unreachable",
    promise: "net-control.meet",
    run(fixture) {
      const [a, b] = [host(fixture, 0), host(fixture, 1)];
      const contact = { peer: peerOf(b), addresses: [fixture.address(1)] };
      const outcome = ended(a, a.control.meet(contact, PATIENT_US));
      ok(wants(outcome, "unreachable").val !== "", "no reason");
      meet(fixture);
    },
  },
  {
    group,
    claim: "of several addresses one that is right is enough",
    promise: "net-control.meet",
    run(fixture) {
      const [a, b] = [host(fixture, 0), host(fixture, 1)];
      const addresses = [fixture.address(2), ...listening(fixture, 1)];
      const contact = { peer: peerOf(b), addresses };
      wants(ended(a, a.control.meet(contact, PATIENT_US)), "done");
    },
  },
  {
    group,
    claim: "parting ends streams at both ends, and what waits to be accepted",
    promise: "net-control.part",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const waits = wants(
        ended(a, a.peers.open(peerOf(b), PROTOCOL, PATIENT_US)),
        "opened",
      ).val;
      const tickets = [here, waits].map(({ name }) =>
        ticketOf(a.peers.receive(name, 9, PATIENT_US))
      );
      const theirs = ticketOf(b.peers.receive(there.name, 9, PATIENT_US));
      accepted(a.control.part(peerOf(b)));
      const mine = completions(a, 2);
      for (const ticket of tickets) wants(mine.get(ticket), "gone");
      wants(completions(b, 1).get(theirs), "gone");
      deepStrictEqual(a.control.connected(), []);
      const next = ended(b, b.peers.accept(PROTOCOL, SOON_US));
      strictEqual(next.tag, "expired");
      refused(a.control.part(peerOf(b)), "unknown");
    },
  },
  {
    group,
    claim: "who was parted from is forgotten, and can be met again",
    promise: "net-control.part",
    run(fixture) {
      const both = pair(fixture);
      const { a, b } = both;
      accepted(b.peers.serve(PROTOCOL));
      accepted(a.control.part(peerOf(b)));
      const answer = a.peers.open(peerOf(b), PROTOCOL, PATIENT_US);
      wants(ended(a, answer), "unreachable");
      meet(fixture);
      works({ ...both, ...opened(both) });
    },
  },
  {
    group,
    claim: "parting from one leaves others alone",
    promise: "net-control.part",
    run(fixture) {
      const all = way(fixture);
      meet(fixture, 0, 2);
      accepted(all.a.control.part(peerOf(host(fixture, 2))));
      deepStrictEqual(all.a.control.connected(), [peerOf(all.b)]);
      works(all);
    },
  },
  {
    group,
    claim: "who is alone says so, and who is not is well",
    promise: "condition.degraded",
    run(fixture) {
      const a = host(fixture, 0);
      strictEqual(a.net.health().tag, "degraded");
      const { b } = pair(fixture);
      deepStrictEqual(a.net.health(), { tag: "ok" });
      deepStrictEqual(b.net.health(), { tag: "ok" });
      accepted(a.control.part(peerOf(b)));
      until(a, () => a.net.health().tag === "degraded");
    },
  },
];

export const EXCHANGE: readonly NetCase[] = [
  ...DATAGRAM_CASES,
  ...PROVIDER_CASES,
  ...CONTROL_CASES,
];
