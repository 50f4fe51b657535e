/** The hosts that the net suite's cases run on, and what they do with them. */
import { deepStrictEqual, fail, ok, strictEqual } from "node:assert/strict";
import type {
  ActResult,
  Message,
  NetRights,
  Outcome,
  Refusal,
  StreamEnd,
  SubmitResult,
} from "../../../hal/net_contract.ts";
import {
  type Case,
  type Fixture,
  LeftOut,
  type Subject,
} from "../suite/case.ts";
import { gather } from "../suite/completions.ts";

/** What a fixture may do to the ways between hosts and to hosts, by number. */
export interface Faults {
  /** Nothing passes between two hosts any more, and neither is told. */
  cut(one: number, other: number): void;
  /** Everything passes again, and unchanged. */
  heal(one: number, other: number): void;
  /** What one sends to the other is changed on the way, from now on. */
  damage(from: number, to: number): void;
  /** The host's driver ends, and nobody puts it in order. */
  kill(at: number): void;
  /** A killed host is there again, with its identity and nothing else. */
  revive(at: number): void;
}

export interface NetFixture extends Fixture {
  /** Three hosts, of which nobody listens and nobody is connected. */
  readonly hosts: readonly NetRights[];
  /** Where that host can listen; the same each time. */
  address(at: number): string;
  readonly faults?: Faults;
}

export type NetCase = Case<NetFixture>;
export type NetSubject = Subject<NetFixture>;

/** A minute: nobody is slower, and nothing waits for it to pass. */
export const PATIENT_US = 60_000_000n;
/** Long enough to go by, short enough to wait for. */
export const SOON_US = 20_000n;

/** Twenty seconds, where nothing else takes time. */
const LOOKS_MAX = 1000;

export const PROTOCOL = "/karyon/suite/1";
export const TOPIC = "/karyon/suite/topic/1";
export const KEY = Uint8Array.of(1, 2, 3, 4);

const A = 0;
const B = 1;

export function faultsOf({ faults }: NetFixture): Faults {
  if (faults === undefined) {
    throw new LeftOut("the fixture cannot harm its network");
  }
  return faults;
}

export function host({ hosts }: NetFixture, at: number): NetRights {
  const one = hosts[at];
  ok(one !== undefined, `there is no host ${at}`);
  return one;
}

/** For messages: JSON has no 64-bit numbers. */
export function shown(value: unknown): string {
  return JSON.stringify(
    value,
    (_, one) => typeof one === "bigint" ? String(one) : one,
  ).slice(0, 300);
}

export function octets(length: number, first = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (first + at * 7) & 0xff);
}

export function same(
  got: Uint8Array | undefined,
  want: Uint8Array,
  what = "octets",
): void {
  ok(got !== undefined, `no ${what}`);
  strictEqual(got.length, want.length, `so many ${what}`);
  const at = got.findIndex((octet, at) => octet !== want[at]);
  strictEqual(at, -1, `${what}: the one at ${at} is wrong`);
}

export function ticketOf(answer: SubmitResult): bigint {
  ok(
    answer.tag === "ok",
    answer.tag === "ok" ? "" : `was refused: ${shown(answer.val)}`,
  );
  return answer.val;
}

export function accepted(answer: ActResult): void {
  deepStrictEqual(answer, { tag: "ok" });
}

export function refused(
  answer: SubmitResult | ActResult,
  reason: Refusal["tag"],
  detail?: string,
): void {
  ok(answer.tag === "err", `was not refused; wants ${reason}`);
  strictEqual(answer.val.tag, reason);
  if (detail !== undefined) strictEqual(answer.val.val, detail);
}

/** Waits for so many completions of one host; each is given once. */
export function completions(
  { net }: NetRights,
  count: number,
): Map<bigint, Outcome> {
  return gather((most) => net.wait(most, PATIENT_US), count);
}

/** Waits for one ticket, while nothing else of this host is under way. */
export function ended(one: NetRights, answer: SubmitResult): Outcome {
  const ticket = ticketOf(answer);
  const outcome = completions(one, 1).get(ticket);
  ok(outcome !== undefined, "another ticket completed");
  return outcome;
}

/** It did what was asked, or something else that is wanted. */
export function wants<T extends Outcome["tag"]>(
  outcome: Outcome | undefined,
  tag: T,
): Extract<Outcome, { tag: T }> {
  // What it is is only written out where it is wrong: it may be long.
  if (outcome?.tag !== tag) fail(`${shown(outcome)}; wants ${tag}`);
  return outcome as Extract<Outcome, { tag: T }>;
}

export function peerOf({ net }: NetRights): Uint8Array {
  return net.describe().peer;
}

/** The host listens, if it does not yet; where. */
export function listening(fixture: NetFixture, at: number): string[] {
  const one = host(fixture, at);
  const outcome = ended(
    one,
    one.control.listen(fixture.address(at), PATIENT_US),
  );
  return wants(outcome, "listening").val;
}

/** Makes one host meet another; returns when the other knows, too. */
export function meet(fixture: NetFixture, from = A, to = B): void {
  const addresses = listening(fixture, to);
  const [one, other] = [host(fixture, from), host(fixture, to)];
  const contact = { peer: peerOf(other), addresses };
  wants(ended(one, one.control.meet(contact, PATIENT_US)), "done");
  until(other, () => isConnected(other, one));
}

export function isConnected(one: NetRights, to: NetRights): boolean {
  const name = peerOf(to).toHex();
  return one.control.connected().some((peer) => peer.toHex() === name);
}

/** Lets time go by until something holds. */
export function until(one: NetRights, holds: () => boolean): void {
  for (let look = 0; look < LOOKS_MAX; look++) {
    if (holds()) return;
    passes(one, SOON_US);
  }
  throw new Error("it does not come to be");
}

export interface Pair {
  readonly a: NetRights;
  readonly b: NetRights;
}

/** Two hosts that know each other. */
export function pair(fixture: NetFixture): Pair {
  meet(fixture);
  return { a: host(fixture, A), b: host(fixture, B) };
}

/** Two hosts with a stream between them, as each of them sees it. */
export interface Way extends Pair {
  readonly here: StreamEnd;
  readonly there: StreamEnd;
}

export function opened(
  { a, b }: Pair,
  protocol = PROTOCOL,
): Pick<Way, "here" | "there"> {
  const answer = a.peers.open(peerOf(b), protocol, PATIENT_US);
  const here = wants(ended(a, answer), "opened").val;
  const there = wants(
    ended(b, b.peers.accept(protocol, PATIENT_US)),
    "opened",
  ).val;
  return { here, there };
}

export function way(fixture: NetFixture): Way {
  const both = pair(fixture);
  accepted(both.b.peers.serve(PROTOCOL));
  return { ...both, ...opened(both) };
}

export function send(one: NetRights, name: bigint, some: Uint8Array): void {
  wants(ended(one, one.peers.send(name, some, PATIENT_US)), "done");
}

/** So many octets exactly, or up to the end if there are fewer. */
export function receive(
  one: NetRights,
  name: bigint,
  count: number,
): Uint8Array {
  const { frameMax } = one.net.describe().limits;
  const all = new Uint8Array(count);
  let at = 0;
  while (at < count) {
    const most = Math.min(frameMax, count - at);
    const outcome = ended(one, one.peers.receive(name, most, PATIENT_US));
    if (outcome.tag === "ended") break;
    const { val } = wants(outcome, "octets");
    ok(val.length > 0 && val.length <= most, `${val.length} of ${most}`);
    all.set(val, at);
    at += val.length;
  }
  return all.subarray(0, at);
}

/** Octets go both ways, so the stream is whole. */
export function works({ a, b, here, there }: Way): void {
  for (
    const [from, name, to, other] of [[a, here, b, there], [
      b,
      there,
      a,
      here,
    ]] as const
  ) {
    send(from, name.name, octets(9));
    same(receive(to, other.name, 9), octets(9));
  }
}

/** Everything of this host ends, whatever becomes of it. */
export function drained({ net }: NetRights): Map<bigint, Outcome> {
  const all = new Map<bigint, Outcome>();
  for (;;) {
    const some = net.wait(1000, PATIENT_US);
    if (some.length === 0) return all;
    for (const { ticket, outcome } of some) {
      ok(!all.has(ticket), `${ticket} completed twice`);
      all.set(ticket, outcome);
    }
  }
}

/** Sends until one does not go; how many octets went, and what waits. */
export function stuffed(
  one: NetRights,
  name: bigint,
): { went: number; waiting: bigint } {
  const { frameMax, window } = one.net.describe().limits;
  let went = 0;
  for (;;) {
    const some = octets(frameMax, went & 0xff);
    const ticket = ticketOf(one.peers.send(name, some, PATIENT_US));
    const [first] = one.net.wait(1, SOON_US);
    if (first === undefined) return { went, waiting: ticket };
    deepStrictEqual(first, { ticket, outcome: { tag: "done" } });
    went += frameMax;
    ok(went <= window, `${went} octets went, ${window} are the window`);
  }
}

/** Subscribes, and waits until a message of the other comes: it is known then. */
export function subscribed(
  to: NetRights,
  from: NetRights,
  topic = TOPIC,
): bigint {
  const answer = to.subscribe.subscribe(topic);
  const name = ticketOf(answer);
  publish(from, Uint8Array.of(0), topic);
  judged(to, heard(to, name));
  return name;
}

/** Publishes as soon as somebody subscribes. */
export function publish(
  one: NetRights,
  some: Uint8Array,
  topic = TOPIC,
): Uint8Array {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const outcome = ended(one, one.publish.publish(topic, some, PATIENT_US));
    if (outcome.tag !== "unreachable") {
      return wants(outcome, "published").val.id;
    }
    passes(one, SOON_US);
  }
  throw new Error("nobody was known to subscribe");
}

/** Lets time go by: a request waits for what nobody does. */
export function passes(one: NetRights, us: bigint): void {
  const protocol = "/karyon/suite/silence";
  accepted(one.peers.serve(protocol));
  const outcome = ended(one, one.peers.accept(protocol, us));
  strictEqual(outcome.tag, "expired");
  accepted(one.peers.unserve(protocol));
}

export function heard(one: NetRights, subscription: bigint): Message {
  const answer = one.subscribe.next(subscription, PATIENT_US);
  return wants(ended(one, answer), "message").val;
}

export function judged(
  one: NetRights,
  message: Message,
  verdict: "accept" | "reject" | "ignore" = "accept",
): void {
  accepted(one.subscribe.judge(message.name, verdict));
}
