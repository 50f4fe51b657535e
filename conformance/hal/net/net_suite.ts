/**
 * What every driver of `karyon:hal/net` must do. Names no implementation.
 *
 * Plan: each case holds one promise of wit/hal/net/net.wit and is named after it. A
 * fixture has three hosts that nobody connected; cases make them listen and meet. A
 * case that wants a refusal makes the same request before, and it is accepted.
 * - behaviour, streams: control (octets both ways), limits, identities of both ends,
 *   order, any lengths, half-close, both ends, resets, serving and not, windows, a
 *   stream that nobody reads beside others, names, tickets, `take` and `wait`
 * - behaviour, gossip: heard once by however many ways, identities of messages, authors
 *   and senders, verdicts before anything is passed on, what is dropped is counted
 * - behaviour, exchange: datagrams whole and once, providers through others, meeting
 *   and parting, who is alone
 * - refusals: one broken rule per case, the order of rules, limits, full
 * - concurrency: as many requests as there is room for; random streams against a model
 * - deadlines: waiting requests take nothing, what has not begun never acts, what has
 *   begun overruns and is sent whole, what is opened too late is reset
 * - recovery: a driver dies, a peer dies and returns, ways are cut and heal
 * - hostile: damage on the way, impostors, too many streams, names of all kinds
 *
 * Not here: how long anything takes, which `profile` measures and nobody judges; that a
 * signature cannot be forged, which no case can show; more than three hosts.
 */
import type { Measure, Suite } from "../suite/case.ts";
import { registerSuite } from "../suite/register.ts";
import {
  accepted,
  ended,
  type NetFixture,
  type NetSubject,
  octets,
  opened,
  PATIENT_US,
  peerOf,
  PROTOCOL,
  receive,
  send,
  wants,
  way,
} from "./case.ts";
import { CONCURRENCY } from "./concurrency.ts";
import { DEADLINES } from "./deadlines.ts";
import { EXCHANGE } from "./exchange.ts";
import { FLOW } from "./flow.ts";
import { GOSSIP } from "./gossip.ts";
import { HOSTILE } from "./hostile.ts";
import { LIMIT_REFUSALS } from "./limits.ts";
import { RECOVERY } from "./recovery.ts";
import { REFUSALS } from "./refusals.ts";
import { WHOLE_REFUSALS } from "./refusals_whole.ts";
import { STREAMS } from "./streams.ts";

export const NET_SUITE: Suite<NetFixture> = {
  contract: "net",
  wit: "wit/hal/net/net.wit",
  about: "karyon:hal/net@0.1.0: streams, datagrams, gossip, lookup, faults",
  cases: [
    ...STREAMS,
    ...FLOW,
    ...GOSSIP,
    ...EXCHANGE,
    ...REFUSALS,
    ...LIMIT_REFUSALS,
    ...WHOLE_REFUSALS,
    ...CONCURRENCY,
    ...DEADLINES,
    ...RECOVERY,
    ...HOSTILE,
  ],
  profile: profileOf,
};

/** Registers every case as a test of `driver`. */
export function netSuite(driver: string, subject: NetSubject): void {
  registerSuite(driver, NET_SUITE, subject);
}

const PROFILE_OPERATIONS = 60;
const SMALL = 64;

function profileOf(fixture: NetFixture, nowUs: () => number): Measure[] {
  const { a, b, here, there } = way(fixture);
  const { frameMax } = a.net.describe().limits;
  const across = (length: number) => {
    const some = octets(length);
    return () => {
      send(a, here.name, some);
      receive(b, there.name, length);
    };
  };
  const acts: ReadonlyArray<readonly [string, number, () => void]> = [
    ["64 octets on a stream", SMALL, across(SMALL)],
    ["largest frame on a stream", frameMax, across(frameMax)],
    ["opening and resetting a stream", 0, () => {
      const { here } = opened({ a, b });
      accepted(a.peers.reset(here.name));
    }],
    ["64 octets as a datagram", SMALL, () => {
      const some = octets(SMALL);
      const answer = a.peers.post(peerOf(b), PROTOCOL, some, PATIENT_US);
      wants(ended(a, answer), "done");
    }],
  ];
  return acts.map(([what, octets, act]) => {
    const took = Array.from({ length: PROFILE_OPERATIONS }, () => {
      const begun = nowUs();
      act();
      return nowUs() - begun;
    }).sort((a, b) => a - b);
    const rank = (share: number) =>
      took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0;
    return {
      what,
      octets,
      operations: took.length,
      p50_us: rank(0.5),
      p99_us: rank(0.99),
      max_us: rank(1),
    };
  });
}
