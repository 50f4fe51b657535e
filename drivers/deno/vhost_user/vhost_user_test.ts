/**
 * The vhost-user bus without a back end of somebody else's.
 *
 * Plan: the suites of its three contracts; control, a handshake with an honest back end; each thing that a back end
 * may not say ends the connection, with nothing left open, in time; memory is
 * shared, checked and sealed; the thread may call the C library and nothing else;
 * what cannot be opened is refused by name. On a real one: drivers/virtio/block.
 */
import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { DMA_SUITE } from "../../../conformance/hal/dma/dma_suite.ts";
import { IRQ_SUITE } from "../../../conformance/hal/irq/irq_suite.ts";
import { MMIO_SUITE } from "../../../conformance/hal/mmio/mmio_suite.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import { checkReach } from "../../../hal/hosted/testing/reach.ts";
import { Connection, Lost } from "./connection.ts";
import { Libc } from "./libc.ts";
import { openVhostUser, startThread, VhostUserRefused } from "./open.ts";
import { subject } from "./testing/fixture.ts";
import { subject as irq } from "./testing/irq.ts";
import { subject as mmio } from "./testing/mmio.ts";
import { honest, reply, type Script, Scripted } from "./testing/scripted.ts";
import { REQUEST, u64 } from "./wire.ts";

registerWhole("deno/vhost-user", DMA_SUITE, subject);
registerWhole("deno/vhost-user", IRQ_SUITE, irq);
registerWhole("deno/vhost-user", MMIO_SUITE, mmio);

const UNTIL_MS = 900;
const CONFIG_OCTETS = 60;

function test(claim: string, body: () => void | Promise<void>): void {
  Deno.test(`deno/vhost-user: ${claim}`, body);
}

/** Glibc is what the bus stands on; elsewhere its tests are left out. */
function libc(): Libc | undefined {
  try {
    return new Libc();
  } catch (error) {
    console.log(`  left out: ${error instanceof Error ? error.message : ""}`);
    return undefined;
  }
}

function connect(script: Script): [Connection, Scripted] {
  const scripted = new Scripted(script);
  const connection = new Connection({
    libc: scripted,
    path: "/run/disk",
    nowMs: () => scripted.nowMs,
    untilMs: UNTIL_MS,
    configOctets: CONFIG_OCTETS,
  });
  return [connection, scripted];
}

/** Answers one request otherwise. */
function but(name: keyof typeof REQUEST, says: Script): Script {
  return (request, payload, needsReply) =>
    (request === REQUEST[name] ? says : honest)(request, payload, needsReply);
}

test("control: an honest back end is connected to", () => {
  const [connection, scripted] = connect(honest);
  ok((connection.features & (1n << 32n)) !== 0n);
  strictEqual(connection.config.length, CONFIG_OCTETS);
  connection.set("setVringNum", u64(0n));
  connection.close();
  strictEqual(scripted.open, 0);
});

const LIES: ReadonlyArray<readonly [string, Script, RegExp]> = [
  ["hangs up", () => "hang up", /hung up/],
  ["says nothing", () => "nothing", /does not answer/],
  [
    "answers something else",
    but("getFeatures", (_, payload) => reply(REQUEST.getConfig, payload)),
    /a reply to 24, not to 1/,
  ],
  [
    "sends what is no reply",
    but("getFeatures", (request) => reply(request, u64(0n), { flags: 1 })),
    /no reply/,
  ],
  [
    "speaks another version",
    but("getFeatures", (request) => reply(request, u64(0n), { flags: 6 })),
    /version 2/,
  ],
  [
    "announces four gigabytes",
    but(
      "getFeatures",
      (request) => reply(request, u64(0n), { length: 2 ** 32 - 1 }),
    ),
    /a reply of 4294967295 octets/,
  ],
  [
    "sends half a header",
    but("getFeatures", (request) => reply(request, u64(0n)).slice(0, 7)),
    /does not answer/,
  ],
  [
    "sends half a number",
    but("getFeatures", (request) => reply(request, new Uint8Array(4))),
    /a reply of 4 octets/,
  ],
  [
    "knows no protocol features",
    but("getFeatures", (request) => reply(request, u64(1n << 32n))),
    /no protocol features/,
  ],
  [
    "has no configuration",
    but("getProtocolFeatures", (request) => reply(request, u64(8n))),
    /no configuration/,
  ],
  [
    "gives half a configuration",
    but("getConfig", (request, payload) => reply(request, payload.slice(0, 9))),
    /a configuration of 9 octets/,
  ],
  [
    "refuses its owner",
    but("setOwner", (request) => reply(request, u64(1n))),
    /refuses setOwner/,
  ],
];

for (const [what, script, why] of LIES) {
  test(`a back end that ${what} is given up`, () => {
    const scripted = new Scripted(script);
    const open = () =>
      new Connection({
        libc: scripted,
        path: "/run/disk",
        nowMs: () => scripted.nowMs,
        untilMs: UNTIL_MS,
        configOctets: CONFIG_OCTETS,
      });
    throws(open, (error) => error instanceof Lost && why.test(error.message));
    strictEqual(scripted.open, 0, "a socket was left open");
    ok(scripted.nowMs <= UNTIL_MS, "it was waited for too long");
  });
}

test("memory is read and written inside of it, and nowhere else", () => {
  const calls = libc();
  if (calls === undefined) return;
  const memory = calls.memory(8192);
  try {
    strictEqual(memory.get(0, 8192).every((octet) => octet === 0), true);
    for (const length of [1, 2, 4, 8, 100, 4096]) {
      const data = Uint8Array.from({ length }, (_, i) => i + length);
      memory.set(4096 - length, data);
      deepStrictEqual(memory.get(4096 - length, length), data);
    }
    const view = new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5);
    memory.set(8189, view);
    deepStrictEqual([...memory.get(8188, 4)], [0, 1, 2, 3]);
    memory.zero(0, 4096);
    strictEqual(memory.get(4095, 1)[0], 0);
    for (const [at, length] of [[8192, 1], [-1, 1], [8000, 193], [0.5, 1]]) {
      throws(() => memory.get(at ?? 0, length ?? 0), RangeError);
      throws(
        () => memory.set(at ?? 0, new Uint8Array(length ?? 0)),
        RangeError,
      );
      throws(() => memory.zero(at ?? 0, length ?? 0), RangeError);
    }
  } finally {
    memory.end();
  }
  throws(() => memory.get(0, 1), RangeError);
});

test("an event is waited for, and counted", () => {
  const calls = libc();
  if (calls === undefined) return;
  const event = calls.eventfd();
  deepStrictEqual(calls.readable([event], 0), [false]);
  calls.signal(event);
  calls.signal(event);
  deepStrictEqual(calls.readable([event], 60_000), [true]);
  strictEqual(calls.take(event), 2n);
  strictEqual(calls.take(event), 0n);
  calls.close(event);
});

test("its thread may call the C library, and nothing else", async () => {
  if (libc() === undefined) return;
  const worker = startThread(
    new URL("testing/reach_worker.ts", import.meta.url),
  );
  await checkReach(worker);
});

test("options that make no sense are refused", async () => {
  const component = new Uint8Array();
  const wrong = [
    { operationMs: 0 },
    { resetMs: 1e9 },
    { blockSize: 1000 },
    { transferMax: 1000 },
    { transferMax: 32 << 20 },
  ];
  for (const options of wrong) {
    await rejects(
      openVhostUser("/run/disk", { component, ...options }),
      (error) =>
        error instanceof VhostUserRefused && error.reason === "options",
    );
  }
});

test("a path that no socket can have is refused", () => {
  const calls = libc();
  if (calls === undefined) return;
  throws(() => calls.connect(`/${"a".repeat(200)}`), /107 octets/);
  throws(() => calls.connect("/tmp/karyon-nobody-is-here"), /nobody/);
});
