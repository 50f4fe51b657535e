/** Many requests under way at a time: each completes once, with its own. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { seeded } from "../../sim/block_device.ts";
import type { NetRights } from "../../../hal/net_contract.ts";
import type { Trial } from "../suite/case.ts";
import {
  accepted,
  drained,
  type NetCase,
  type NetFixture,
  octets,
  opened,
  pair,
  PATIENT_US,
  PROTOCOL,
  same,
  shown,
  ticketOf,
  wants,
  way,
} from "./case.ts";

const group = "concurrency";
const STREAMS = 6;
const STEPS = 400;

export const CONCURRENCY: readonly NetCase[] = [
  {
    group,
    claim: "each of as many requests as there is room for completes once",
    promise: "completion",
    run(fixture) {
      const { a, b, here, there } = way(fixture);
      const { inFlightMax } = a.net.describe().limits;
      for (let round = 0; round < 2; round++) {
        const receives = Array.from(
          { length: inFlightMax },
          () => ticketOf(b.peers.receive(there.name, 1, PATIENT_US)),
        );
        const sends = Array.from(
          { length: inFlightMax },
          (_, i) =>
            ticketOf(
              a.peers.send(here.name, Uint8Array.of(i), PATIENT_US),
            ),
        );
        const [sent, got] = [drained(a), drained(b)];
        deepStrictEqual([...sent.keys()], sends);
        const values = receives.map((ticket) =>
          wants(got.get(ticket), "octets").val[0]
        );
        deepStrictEqual(values, sends.map((_, i) => i & 0xff));
      }
    },
  },
  {
    group,
    claim: "random streams both ways carry what was sent",
    promise: "net-peers",
    run: randomStreams,
  },
];

/** One direction of one stream. */
interface Way {
  readonly from: NetRights;
  readonly to: NetRights;
  readonly out: bigint;
  readonly into: bigint;
  readonly sent: number[];
  readonly got: number[];
}

function randomStreams(fixture: NetFixture, { seed }: Trial): void {
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const both = pair(fixture);
  const { a, b } = both;
  accepted(b.peers.serve(PROTOCOL));
  const ways = Array.from({ length: STREAMS }, () => opened(both)).flatMap((
    { here: { name: here }, there: { name: there } },
  ): Way[] => [
    { from: a, to: b, out: here, into: there, sent: [], got: [] },
    { from: b, to: a, out: there, into: here, sent: [], got: [] },
  ]);
  const owed = new Map<NetRights, Map<bigint, Way | undefined>>();
  for (const one of [a, b]) owed.set(one, new Map());
  const settle = (one: NetRights, within: bigint) => {
    for (const { ticket, outcome } of one.net.wait(8, within)) {
      const open = owed.get(one);
      ok(
        open !== undefined && open.has(ticket),
        `${ticket} was not asked, seed ${seed}`,
      );
      const way = open.get(ticket);
      open.delete(ticket);
      if (way === undefined) wants(outcome, "done");
      else if (outcome.tag === "octets") way.got.push(...outcome.val);
      else ok(outcome.tag === "expired", `${shown(outcome)}, seed ${seed}`);
    }
  };
  for (let step = 0; step < STEPS; step++) {
    const way = ways[below(ways.length)];
    ok(way !== undefined);
    if (below(2) === 0) {
      const some = octets(1 + below(3000), step);
      const answer = way.from.peers.send(way.out, some, PATIENT_US);
      if (answer.tag === "ok") {
        owed.get(way.from)?.set(answer.val, undefined);
        way.sent.push(...some);
      }
    } else {
      const within = below(2) === 0 ? 100n : PATIENT_US;
      const most = 1 + below(5000);
      const answer = way.to.peers.receive(way.into, most, within);
      if (answer.tag === "ok") owed.get(way.to)?.set(answer.val, way);
    }
    settle(below(2) === 0 ? a : b, 50n);
  }
  for (let look = 0; look < 100_000 && !whole(ways, owed); look++) {
    for (const way of ways) {
      if (way.got.length >= way.sent.length) continue;
      const answer = way.to.peers.receive(way.into, 16_384, 1000n);
      if (answer.tag === "ok") owed.get(way.to)?.set(answer.val, way);
    }
    for (const one of [a, b]) settle(one, 1000n);
    if (look % 50 === 49) ends(ways);
  }
  for (const { got, sent } of ways) {
    same(Uint8Array.from(got), Uint8Array.from(sent), `octets, seed ${seed},`);
  }
}

/** Receives that wait for a minute and get nothing end with their stream. */
function whole(
  ways: readonly Way[],
  owed: ReadonlyMap<NetRights, ReadonlyMap<bigint, Way | undefined>>,
): boolean {
  const sends = [...owed.values()].flatMap((one) => [...one.values()])
    .filter((way) => way === undefined);
  return sends.length === 0 &&
    ways.every(({ got, sent }) => got.length === sent.length);
}

function ends(ways: readonly Way[]): void {
  for (const { got, sent } of ways) {
    ok(got.length <= sent.length, "more came than was sent");
  }
}
