import { match, strictEqual } from "node:assert/strict";
import {
  type ChannelCase,
  inOrder,
  receiverCloses,
  receiverDies,
  senderDies,
  senderHandsOver,
} from "./channel_scenarios.ts";
import {
  AsksBeforePublishing,
  ClosesSilently,
  LooksBeforeClaiming,
  PublishesFirst,
  PublishesPlainly,
  SeesRoomAlways,
  SleepsBlindly,
  TrustsClosed,
} from "./channel_mutants.ts";
import { explore, type Scenario } from "./explorer.ts";

/** Positions that wrap around, and a ring whose end comes soon. */
const NEAR_WRAP = -24;

function holds(claim: string, scenario: () => Scenario): void {
  Deno.test(`channel, all orders: ${claim}`, () => {
    const { violation, states, ends } = explore(scenario());
    strictEqual(violation, undefined);
    console.log(`  ${states} states, ${ends} ends`);
  });
}

function finds(fault: string, as: RegExp, scenario: () => Scenario): void {
  Deno.test(`channel, all orders: a fault is found: ${fault}`, () => {
    match(explore(scenario()).violation ?? "nothing was found", as);
  });
}

holds(
  "messages come in order, none is lost, over padding and wrap",
  () => inOrder({ lengths: [4, 20, 12], start: NEAR_WRAP }),
);
holds(
  "an empty message is a message",
  () => inOrder({ lengths: [0, 0], start: NEAR_WRAP, open: true }, {}),
);
holds(
  "batches are committed and released at once",
  () => inOrder({ lengths: [4, 4, 12, 4], start: NEAR_WRAP, batch: 2 }),
);
holds(
  "a receiver that sleeps is woken",
  () => inOrder({ lengths: [4, 4], open: true }),
);
holds("sleeps may end by themselves", () => inOrder({ lengths: [4] }, {}, 4));
holds(
  "a receiver dies, and messages come at least once",
  () => receiverDies({ lengths: [4, 12] }, false),
);
holds(
  "a receiver that keeps its position gets each message exactly once",
  () => receiverDies({ lengths: [4, 12] }, true),
);
holds(
  "a sender dies, and what it committed comes once",
  () => senderDies({ lengths: [4, 12] }),
);
holds("a sender hands its end over", () => senderHandsOver({ lengths: [4] }));
holds(
  "a receiver closes, and the sender is told",
  () => receiverCloses({ lengths: [20, 20, 20] }),
);

const small: ChannelCase = { lengths: [4] };
const open: ChannelCase = { ...small, open: true };
const full: ChannelCase = { lengths: [20, 20, 20] };

finds(
  "published before it is filled",
  /races with|more accesses/,
  () => inOrder({ ...small, sender: (words) => new PublishesFirst(words) }),
);
finds(
  "published by a plain store",
  /races with/,
  () => inOrder({ ...small, sender: (words) => new PublishesPlainly(words) }),
);
finds(
  "room that is not there",
  /races with/,
  () => inOrder({ ...full, sender: (words) => new SeesRoomAlways(words) }),
);
finds(
  "released before it is read",
  /races with/,
  () => inOrder(full, { taken: (receiver) => receiver.release() }),
);
finds(
  "nobody asks for a sleeper after publishing",
  /sleeps for ever/,
  () =>
    inOrder({ ...open, sender: (words) => new AsksBeforePublishing(words) }),
);
finds(
  "closing wakes nobody",
  /sleeps for ever/,
  () => inOrder({ ...small, sender: (words) => new ClosesSilently(words) }),
);
finds(
  "no second look before sleeping",
  /sleeps for ever/,
  () => inOrder({ ...open, receiver: (words) => new SleepsBlindly(words) }),
);
finds(
  "no second look after closing",
  /sent 1, got $/m,
  () => inOrder({ ...small, receiver: (words) => new TrustsClosed(words) }),
);
finds(
  "looking before claiming",
  /corrupt|races with|sent/,
  () =>
    senderHandsOver({
      ...small,
      sender: (words) => new LooksBeforeClaiming(words),
    }),
);
finds(
  "released before it is handled",
  /1 messages are lost/,
  () => receiverDies(small, false, { taken: (receiver) => receiver.release() }),
);
