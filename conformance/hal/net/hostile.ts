/** Ways that change what passes, peers that are others, peers that do too much. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  accepted,
  completions,
  drained,
  ended,
  faultsOf,
  heard,
  host,
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
  publish,
  receive,
  refused,
  same,
  send,
  shown,
  SOON_US,
  subscribed,
  ticketOf,
  TOPIC,
  until,
  wants,
  way,
  works,
} from "./case.ts";

const group = "hostile";

export const HOSTILE: readonly NetCase[] = [
  {
    group,
    claim:
      "octets that are changed on the way end the stream and are never seen",
    promise: "outcome.reset",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b, here, there } = way(fixture);
      send(a, here.name, octets(3000));
      same(receive(b, there.name, 3000), octets(3000));
      faults.damage(0, 1);
      const some = octets(3000, 7);
      ticketOf(a.peers.send(here.name, some, PATIENT_US));
      let at = 0;
      for (;;) {
        const answer = b.peers.receive(there.name, 1000, PATIENT_US);
        const outcome = ended(b, answer);
        if (outcome.tag !== "octets") {
          ok(["reset", "gone"].includes(outcome.tag), shown(outcome));
          break;
        }
        const { val } = outcome;
        same(val, some.subarray(at, at + val.length), `octets from ${at} on`);
        at += val.length;
      }
      refused(b.peers.receive(there.name, 1, PATIENT_US), "unknown");
      drained(a);
    },
  },
  {
    group,
    claim: "a way that was damaged and is sound again carries new streams",
    promise: "net-peers.open",
    run(fixture) {
      const faults = faultsOf(fixture);
      const both = way(fixture);
      const { a, b, here, there } = both;
      faults.damage(0, 1);
      const learns = ticketOf(a.peers.receive(here.name, 1, PATIENT_US));
      ticketOf(a.peers.send(here.name, octets(100), PATIENT_US));
      const answer = b.peers.receive(there.name, 100, PATIENT_US);
      ok(["reset", "gone"].includes(ended(b, answer).tag));
      const outcome = drained(a).get(learns);
      ok(["reset", "gone"].includes(outcome?.tag ?? ""), shown(outcome));
      faults.heal(0, 1);
      meet(fixture);
      works({ a, b, ...opened(both) });
    },
  },
  {
    group,
    claim: "a datagram that is changed on the way is never seen",
    promise: "net-peers.post",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b } = pair(fixture);
      accepted(b.peers.serve(PROTOCOL));
      faults.damage(0, 1);
      for (let i = 0; i < 5; i++) {
        const answer = a.peers.post(peerOf(b), PROTOCOL, octets(50), SOON_US);
        ended(a, answer);
      }
      const outcome = ended(b, b.peers.collect(PROTOCOL, 10n * SOON_US));
      strictEqual(outcome.tag, "expired");
    },
  },
  {
    group,
    claim: "a message that is changed on the way is never heard",
    promise: "message.author",
    run(fixture) {
      const faults = faultsOf(fixture);
      const { a, b } = pair(fixture);
      const at = subscribed(b, a);
      faults.damage(0, 1);
      for (let i = 0; i < 5; i++) {
        ended(a, a.publish.publish(TOPIC, octets(50), SOON_US));
      }
      const outcome = ended(b, b.subscribe.next(at, 10n * SOON_US));
      strictEqual(outcome.tag, "expired");
      faults.heal(0, 1);
      meet(fixture);
      publish(a, octets(9, 3));
      same(heard(b, at).octets, octets(9, 3));
    },
  },
  {
    group,
    claim: "somebody else at the address of a peer is not that peer",
    promise: "net-control.meet",
    run(fixture) {
      const addresses = listening(fixture, 1);
      const [a, b, c] = [0, 1, 2].map((at) => host(fixture, at));
      ok(a !== undefined && b !== undefined && c !== undefined);
      accepted(b.peers.serve(PROTOCOL));
      const contact = { peer: peerOf(c), addresses };
      const outcome = ended(a, a.control.meet(contact, PATIENT_US));
      ok(wants(outcome, "unreachable").val !== "", "no reason");
      const answer = a.peers.open(peerOf(c), PROTOCOL, PATIENT_US);
      wants(ended(a, answer), "unreachable");
      ok(
        !a.control.connected().some((one) => one.toHex() === peerOf(c).toHex()),
        "it is connected under another's name",
      );
    },
  },
  {
    group,
    claim: "more streams than the backlog holds are refused to who opens them",
    promise: "limits.backlog-max",
    run(fixture) {
      const { a, b } = pair(fixture);
      accepted(b.peers.serve(PROTOCOL));
      const { backlogMax } = b.net.describe().limits;
      const open = () =>
        ended(a, a.peers.open(peerOf(b), PROTOCOL, PATIENT_US));
      for (let i = 0; i < backlogMax; i++) wants(open(), "opened");
      ok(wants(open(), "unreachable").val !== "", "no reason");
      const answer = b.peers.accept(PROTOCOL, PATIENT_US);
      wants(ended(b, answer), "opened");
      until(a, () => open().tag === "opened");
    },
  },
  {
    group,
    claim:
      "a stream that is reset before it is accepted leaves room, and is not seen",
    promise: "limits.backlog-max",
    run(fixture) {
      const both = pair(fixture);
      const { a, b } = both;
      accepted(b.peers.serve(PROTOCOL));
      const { backlogMax } = b.net.describe().limits;
      for (let i = 0; i < 2 * backlogMax; i++) {
        const outcome = ended(
          a,
          a.peers.open(peerOf(b), PROTOCOL, PATIENT_US),
        );
        accepted(a.peers.reset(wants(outcome, "opened").val.name));
        passes(b, SOON_US);
      }
      works({ ...both, ...opened(both) });
    },
  },
  {
    group,
    claim: "names and octets of all kinds stay what they are",
    promise: "net-peers",
    run(fixture) {
      const both = pair(fixture);
      const all = Uint8Array.from({ length: 256 }, (_, at) => at);
      for (const protocol of ["/", "é/\u0000/\u{1f600}", " ", "__proto__"]) {
        accepted(both.b.peers.serve(protocol));
        const { here, there } = opened(both, protocol);
        strictEqual(there.protocol, protocol);
        send(both.a, here.name, all);
        same(receive(both.b, there.name, 256), all);
        accepted(both.b.peers.unserve(protocol));
      }
    },
  },
  {
    group,
    claim: "a peer that resets in the middle leaves everybody else alone",
    promise: "net-peers.reset",
    run(fixture) {
      const both = way(fixture);
      const { a, b } = both;
      for (let i = 0; i < 5; i++) {
        const { here, there } = opened(both);
        const ticket = ticketOf(
          a.peers.send(here.name, octets(10_000), PATIENT_US),
        );
        accepted(b.peers.reset(there.name));
        const outcome = completions(a, 1).get(ticket);
        ok(["done", "reset"].includes(outcome?.tag ?? ""), shown(outcome));
        if (outcome?.tag === "done") {
          const next = a.peers.receive(here.name, 1, PATIENT_US);
          wants(ended(a, next), "reset");
        }
      }
      works(both);
      deepStrictEqual(a.net.health(), { tag: "ok" });
    },
  },
];
