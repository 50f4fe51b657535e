/** What is over a limit, and what was never there or is there already. */
import {
  accepted,
  drained,
  KEY,
  type NetCase,
  octets,
  PATIENT_US,
  PROTOCOL,
  ticketOf,
  TOPIC,
} from "./case.ts";

import {
  find,
  limits,
  long,
  meeting,
  open,
  PEER,
  post,
  wrong,
} from "./refusals.ts";

const OVER: readonly NetCase[] = [
  wrong(
    "a protocol that is too long",
    "limits.text-max",
    (one) => open(PEER, long(one).slice(1))(one),
    (one) => open(PEER, long(one))(one),
    "over-limit",
    "text-max",
  ),
  wrong(
    "a topic that is too long",
    "limits.text-max",
    (one) => one.subscribe.subscribe(long(one).slice(1)),
    (one) => one.subscribe.subscribe(long(one)),
    "over-limit",
    "text-max",
  ),
  wrong(
    "an address that is too long",
    "limits.text-max",
    (one) => meeting([long(one).slice(1)])(one),
    (one) => meeting([long(one)])(one),
    "over-limit",
    "text-max",
  ),
  wrong(
    "a datagram that is too long",
    "limits.datagram-max",
    (one) => post(PEER, limits(one).datagramMax)(one),
    (one) => post(PEER, limits(one).datagramMax + 1)(one),
    "over-limit",
    "datagram-max",
  ),
  wrong(
    "a message that is too long",
    "limits.message-max",
    (one) =>
      one.publish.publish(
        TOPIC,
        new Uint8Array(limits(one).messageMax),
        PATIENT_US,
      ),
    (one) =>
      one.publish.publish(
        TOPIC,
        new Uint8Array(limits(one).messageMax + 1),
        PATIENT_US,
      ),
    "over-limit",
    "message-max",
  ),
  wrong(
    "finding too many",
    "limits.found-max",
    (one) => find(KEY, limits(one).foundMax)(one),
    (one) => find(KEY, limits(one).foundMax + 1)(one),
    "over-limit",
    "found-max",
  ),
  wrong(
    "serving too many protocols",
    "limits.protocols-max",
    (one) => {
      const { protocolsMax } = limits(one);
      for (let i = 1; i < protocolsMax; i++) {
        accepted(one.peers.serve(`/p/${i}`));
      }
      return one.peers.serve("/p/last");
    },
    ({ peers }) => peers.serve("/p/more"),
    "over-limit",
    "protocols-max",
  ),
  wrong(
    "subscribing to too many topics",
    "limits.subscriptions-max",
    (one) => {
      const { subscriptionsMax } = limits(one);
      for (let i = 1; i < subscriptionsMax; i++) {
        ticketOf(one.subscribe.subscribe(`/t/${i}`));
      }
      return one.subscribe.subscribe("/t/last");
    },
    ({ subscribe }) => subscribe.subscribe("/t/more"),
    "over-limit",
    "subscriptions-max",
  ),
  wrong(
    "providing too many keys",
    "limits.provided-max",
    (one) => {
      const { providedMax } = limits(one);
      for (let i = 1; i < providedMax; i++) {
        ticketOf(one.provide.provide(Uint8Array.of(i, 9), PATIENT_US));
        drained(one);
      }
      return one.provide.provide(KEY, PATIENT_US);
    },
    ({ provide }) => provide.provide(octets(9), PATIENT_US),
    "over-limit",
    "provided-max",
  ),
];

const STATE: readonly NetCase[] = [
  wrong(
    "serving what is served",
    "refusal.already",
    ({ peers }) => peers.serve(PROTOCOL),
    ({ peers }) => peers.serve(PROTOCOL),
    "already",
  ),
  wrong(
    "subscribing to what is subscribed to",
    "refusal.already",
    ({ subscribe }) => subscribe.subscribe(TOPIC),
    ({ subscribe }) => subscribe.subscribe(TOPIC),
    "already",
  ),
  wrong(
    "providing what is provided",
    "refusal.already",
    ({ provide }) => provide.provide(KEY, PATIENT_US),
    ({ provide }) => provide.provide(KEY, PATIENT_US),
    "already",
  ),
  wrong(
    "accepting what is not served",
    "refusal.unknown",
    ({ peers }) => peers.serve(PROTOCOL),
    ({ peers }) => peers.accept("/other", PATIENT_US),
    "unknown",
  ),
  wrong(
    "collecting what is not served",
    "refusal.unknown",
    ({ peers }) => peers.serve(PROTOCOL),
    ({ peers }) => peers.collect("/other", PATIENT_US),
    "unknown",
  ),
  wrong(
    "unserving what is not served",
    "refusal.unknown",
    ({ peers }) => peers.serve(PROTOCOL),
    ({ peers }) => peers.unserve("/other"),
    "unknown",
  ),
  wrong(
    "retracting what is not provided",
    "refusal.unknown",
    ({ provide }) => provide.provide(KEY, PATIENT_US),
    ({ provide }) => provide.retract(octets(3)),
    "unknown",
  ),
  wrong(
    "hearing a subscription that is none",
    "refusal.unknown",
    ({ subscribe }) => subscribe.subscribe(TOPIC),
    ({ subscribe }) => subscribe.next(9999n, PATIENT_US),
    "unknown",
  ),
  wrong(
    "parting from nobody",
    "refusal.unknown",
    meeting(["/x"]),
    ({ control }) => control.part(PEER),
    "unknown",
  ),
  ...(["send", "receive", "finish", "reset"] as const).map((what) =>
    wrong(
      `a stream that is none, to ${what}`,
      "refusal.unknown",
      ({ peers }) => peers.serve(PROTOCOL),
      ({ peers }) => {
        if (what === "send") return peers.send(9999n, octets(1), PATIENT_US);
        if (what === "receive") return peers.receive(9999n, 1, PATIENT_US);
        return what === "finish"
          ? peers.finish(9999n, PATIENT_US)
          : peers.reset(9999n);
      },
      "unknown",
    )
  ),
];

export const LIMIT_REFUSALS: readonly NetCase[] = [...OVER, ...STATE];
