/** One broken rule per case; in each the same request is accepted before. */
import { deepStrictEqual } from "node:assert/strict";
import type {
  ActResult,
  NetRights,
  Refusal,
  SubmitResult,
} from "../../../hal/net_contract.ts";
import {
  drained,
  host,
  KEY,
  type NetCase,
  octets,
  PATIENT_US,
  peerOf,
  PROTOCOL,
  refused,
  TOPIC,
} from "./case.ts";

const group = "refusals";
export const LONG = new Uint8Array(65).fill(1);
export const PEER = new Uint8Array(32).fill(1);

export type Ask = (one: NetRights) => SubmitResult | ActResult;

/** A request on a host that knows nobody, right at first and then wrong. */
export function wrong(
  claim: string,
  promise: string,
  right: Ask,
  broken: Ask,
  reason: Refusal["tag"],
  detail?: string,
): NetCase {
  return {
    group,
    claim,
    promise,
    run(fixture) {
      const one = host(fixture, 0);
      const answer = right(one);
      deepStrictEqual(answer.tag, "ok", "control");
      drained(one);
      refused(broken(one), reason, detail);
      // Nothing has begun.
      deepStrictEqual(one.net.wait(10, PATIENT_US), []);
    },
  };
}

export const open =
  (peer: Uint8Array, protocol = PROTOCOL): Ask => ({ peers }) =>
    peers.open(peer, protocol, PATIENT_US);
export const post = (peer: Uint8Array, length = 1): Ask => ({ peers }) =>
  peers.post(peer, PROTOCOL, octets(length), PATIENT_US);
export const meeting =
  (addresses: string[], peer: Uint8Array = PEER): Ask => ({ control }) =>
    control.meet({ peer, addresses }, PATIENT_US);
export const find = (key: Uint8Array, most: number): Ask => ({ find }) =>
  find.find(key, most, PATIENT_US);
export const long = ({ net }: NetRights) =>
  "é".repeat(net.describe().limits.textMax / 2 + 1);
export const limits = ({ net }: NetRights) => net.describe().limits;

const MALFORMED: readonly NetCase[] = [
  wrong(
    "an identity of nothing",
    "refusal.malformed",
    open(PEER),
    open(new Uint8Array()),
    "malformed",
    "peer",
  ),
  wrong(
    "an identity that is too long",
    "refusal.malformed",
    open(LONG.subarray(1)),
    open(LONG),
    "malformed",
    "peer",
  ),
  wrong(
    "a stream to oneself",
    "refusal.malformed",
    open(PEER),
    (one) => open(peerOf(one))(one),
    "malformed",
    "peer",
  ),
  wrong(
    "a datagram to oneself",
    "refusal.malformed",
    post(PEER),
    (one) => post(peerOf(one))(one),
    "malformed",
    "peer",
  ),
  wrong(
    "a stream of no protocol",
    "refusal.malformed",
    open(PEER),
    open(PEER, ""),
    "malformed",
    "protocol",
  ),
  wrong(
    "serving no protocol",
    "net-peers.serve",
    ({ peers }) => peers.serve(PROTOCOL),
    ({ peers }) => peers.serve(""),
    "malformed",
    "protocol",
  ),
  wrong(
    "subscribing to no topic",
    "net-subscribe.subscribe",
    ({ subscribe }) => subscribe.subscribe(TOPIC),
    ({ subscribe }) => subscribe.subscribe(""),
    "malformed",
    "topic",
  ),
  wrong(
    "publishing to no topic",
    "refusal.malformed",
    ({ publish }) => publish.publish(TOPIC, octets(1), PATIENT_US),
    ({ publish }) => publish.publish("", octets(1), PATIENT_US),
    "malformed",
    "topic",
  ),
  wrong(
    "finding a key of nothing",
    "refusal.malformed",
    find(KEY, 1),
    find(new Uint8Array(), 1),
    "malformed",
    "key",
  ),
  wrong(
    "finding a key that is too long",
    "refusal.malformed",
    find(LONG.subarray(1), 1),
    find(LONG, 1),
    "malformed",
    "key",
  ),
  wrong(
    "finding none",
    "refusal.malformed",
    find(KEY, 1),
    find(KEY, 0),
    "malformed",
    "most",
  ),
  wrong(
    "providing a key of nothing",
    "refusal.malformed",
    ({ provide }) => provide.provide(KEY, PATIENT_US),
    ({ provide }) => provide.provide(new Uint8Array(), PATIENT_US),
    "malformed",
    "key",
  ),
  wrong(
    "listening nowhere",
    "refusal.malformed",
    ({ control }) => control.listen("/karyon/nowhere", PATIENT_US),
    ({ control }) => control.listen("", PATIENT_US),
    "malformed",
    "address",
  ),
  wrong(
    "meeting at no address",
    "refusal.malformed",
    meeting(["/x"]),
    meeting([]),
    "malformed",
    "addresses",
  ),
  wrong(
    "meeting at an empty address",
    "refusal.malformed",
    meeting(["/x"]),
    meeting(["/x", ""]),
    "malformed",
    "addresses",
  ),
  wrong(
    "meeting at too many addresses",
    "refusal.malformed",
    meeting(new Array(16).fill("/x")),
    meeting(new Array(17).fill("/x")),
    "malformed",
    "addresses",
  ),
  wrong(
    "meeting oneself",
    "refusal.malformed",
    meeting(["/x"]),
    (one) => meeting(["/x"], peerOf(one))(one),
    "malformed",
    "peer",
  ),
];

/** Every function that takes a deadline. */
const DEADLINED: ReadonlyArray<
  readonly [string, (one: NetRights, within: bigint) => SubmitResult]
> = [
  ["open", ({ peers }, within) => peers.open(PEER, PROTOCOL, within)],
  [
    "post",
    ({ peers }, within) => peers.post(PEER, PROTOCOL, octets(1), within),
  ],
  [
    "publish",
    ({ publish }, within) => publish.publish(TOPIC, octets(1), within),
  ],
  ["find", ({ find }, within) => find.find(KEY, 1, within)],
  [
    "provide",
    ({ provide }, within) =>
      provide.provide(Uint8Array.of(Number(within % 7n), 1), within),
  ],
  [
    "listen",
    ({ control }, within) => control.listen("/karyon/nowhere", within),
  ],
  [
    "meet",
    ({ control }, within) =>
      control.meet({ peer: PEER, addresses: ["/x"] }, within),
  ],
];

export const REFUSALS: readonly NetCase[] = [
  ...MALFORMED,
  ...DEADLINED.map(([what, ask]) =>
    wrong(
      `a deadline of nothing, to ${what}`,
      "refusal.wrong-deadline",
      (one) => ask(one, PATIENT_US),
      (one) => ask(one, 0n),
      "wrong-deadline",
    )
  ),
];
