/**
 * The rights of a network as Effect services, over a session and a scripted link.
 *
 * Plan: outcomes become values and errors; a refusal and a passed deadline do not
 * reach the driver; what came for an interrupted fiber is not lost, and a stream
 * that was opened for it is reset; a driver that lies has ended.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect, Fiber } from "effect";
import { within } from "./deadline.ts";
import {
  NetControl,
  NetFailed,
  NetHost,
  netLayer,
  NetPeers,
  NetPublish,
  NetRefused,
  type NetServices,
} from "./net.ts";
import type { Host, Outcome } from "./net_contract.ts";
import type { Act, NetLink, NetNews, Told } from "./net/link.ts";
import { NetSession } from "./net/session.ts";

const PATIENT_MS = 60_000;
const PEER = Uint8Array.of(1, 2, 3);
const HOST: Host = {
  peer: Uint8Array.of(9),
  name: "scripted",
  limits: {
    frameMax: 16_384,
    window: 65_536,
    streamsMax: 64,
    backlogMax: 8,
    protocolsMax: 8,
    datagramMax: 1024,
    datagramsMax: 16,
    messageMax: 32_768,
    messagesMax: 16,
    subscriptionsMax: 16,
    providedMax: 64,
    foundMax: 16,
    textMax: 128,
    inFlightMax: 64,
    silenceMax: 1_000_000n,
  },
};

/** Says what a test tells it to. */
class Scripted implements NetLink {
  readonly asked: Act[] = [];
  readonly told: Told[] = [];
  readonly news: NetNews[] = [];
  /** How acts end; undefined: a test says so. */
  outcome: Outcome | undefined;

  nowUs(): number {
    return 0;
  }

  ask(ticket: bigint, act: Act): boolean {
    this.asked.push(act);
    if (this.outcome !== undefined) {
      this.news.push({ tag: "ended", ticket, outcome: this.outcome });
    }
    return true;
  }

  withdraw(): boolean {
    return false;
  }

  tell(told: Told): void {
    this.told.push(told);
  }

  receive(): NetNews | undefined {
    return this.news.shift();
  }

  wait(): void {}
}

const run = <A, E>(body: Effect.Effect<A, E, NetServices>, link: NetLink) =>
  Effect.runPromise(
    Effect.provide(body, netLayer(new NetSession(link, HOST).rights)),
  );

const STREAM = { name: 1n, peer: PEER, protocol: "/p" };

/** A stream called 1n that octets have come on. */
const open = (link: Scripted) =>
  Effect.gen(function* () {
    link.outcome = { tag: "opened", val: STREAM };
    const peers = yield* NetPeers;
    return yield* within(PATIENT_MS)(peers.open(PEER, "/p"));
  });

Deno.test("hal/net: outcomes become values and errors", async () => {
  const link = new Scripted();
  const body = Effect.gen(function* () {
    const peers = yield* NetPeers;
    deepStrictEqual(yield* open(link), STREAM);
    link.outcome = { tag: "done" };
    yield* within(PATIENT_MS)(peers.send(1n, PEER));
    link.news.push(
      { tag: "octets", name: 1n, octets: PEER },
      { tag: "finished", name: 1n },
    );
    const receive = () => within(PATIENT_MS)(peers.receive(1n, 9));
    deepStrictEqual(yield* receive(), PEER);
    strictEqual(yield* receive(), undefined);
    link.outcome = { tag: "unreachable", val: "nobody" };
    const publish = yield* NetPublish;
    return yield* Effect.flip(
      within(PATIENT_MS)(publish.publish("/t", PEER)),
    );
  });
  const error = await run(body, link);
  ok(error instanceof NetFailed);
  deepStrictEqual([error.operation, error.end, error.detail], [
    "publish",
    "unreachable",
    "nobody",
  ]);
});

Deno.test("hal/net: a refusal and a passed deadline do not reach the driver", async () => {
  const link = new Scripted();
  const body = Effect.gen(function* () {
    const peers = yield* NetPeers;
    const control = yield* NetControl;
    const empty = peers.open(new Uint8Array(), "/p");
    const refused = yield* Effect.flip(within(PATIENT_MS)(empty));
    ok(refused instanceof NetRefused);
    deepStrictEqual([refused.reason, refused.detail], ["malformed", "peer"]);
    const late = yield* Effect.flip(within(0)(peers.open(PEER, "/p")));
    strictEqual(late._tag, "TooLate");
    const unknown = yield* Effect.flip(peers.reset(5n));
    strictEqual(unknown.reason, "unknown");
    strictEqual((yield* Effect.flip(control.part(PEER))).operation, "part");
    deepStrictEqual(yield* control.connected, []);
  });
  await run(body, link);
  deepStrictEqual(link.asked, []);
});

Deno.test("hal/net: what came for an interrupted fiber is left for the next", async () => {
  const link = new Scripted();
  const body = Effect.gen(function* () {
    const peers = yield* NetPeers;
    yield* open(link);
    const receive = (most: number) =>
      within(PATIENT_MS)(peers.receive(1n, most));
    const fiber = yield* Effect.forkChild(receive(9));
    yield* Effect.sleep(5);
    link.news.push({ tag: "octets", name: 1n, octets: PEER });
    // Somebody else looks first, and finds what is the fiber's.
    link.outcome = { tag: "done" };
    yield* within(PATIENT_MS)(peers.send(1n, PEER));
    yield* Fiber.interrupt(fiber);
    deepStrictEqual(yield* receive(2), PEER.slice(0, 2));
    deepStrictEqual(yield* receive(9), PEER.slice(2));
  });
  await run(body, link);
});

Deno.test("hal/net: a stream that is opened for nobody is reset", async () => {
  const link = new Scripted();
  const body = Effect.gen(function* () {
    const peers = yield* NetPeers;
    const fiber = yield* Effect.forkChild(
      within(PATIENT_MS)(peers.open(PEER, "/p")),
    );
    while (link.asked.length === 0) yield* Effect.sleep(1);
    yield* Fiber.interrupt(fiber);
    link.news.push({
      tag: "ended",
      ticket: 1n,
      outcome: { tag: "opened", val: STREAM },
    });
    link.outcome = { tag: "done" };
    yield* within(PATIENT_MS)(peers.post(PEER, "/p", PEER));
  });
  await run(body, link);
  deepStrictEqual(link.told, [{ tag: "reset", name: 1n }]);
});

/** What a driver must not say, with a stream called 1n open. */
const LIES: ReadonlyArray<readonly [string, NetNews]> = [
  ["an answer to nothing", {
    tag: "ended",
    ticket: 77n,
    outcome: { tag: "done" },
  }],
  ["more octets than the window", {
    tag: "octets",
    name: 1n,
    octets: new Uint8Array(65_537),
  }],
];

for (const [what, lie] of LIES) {
  Deno.test(`hal/net: a driver that says ${what} has ended`, async () => {
    const link = new Scripted();
    const body = Effect.gen(function* () {
      yield* open(link);
      link.news.push(lie);
      const peers = yield* NetPeers;
      const answer = peers.receive(1n, 9);
      const error = yield* Effect.flip(within(PATIENT_MS)(answer));
      ok(error instanceof NetRefused && error.reason === "gone");
      const { health } = yield* NetHost;
      strictEqual((yield* health).tag, "failed");
    });
    await run(body, link);
  });
}
