/**
 * The driver on the test's own server.
 *
 * Plan: the whole suite; what cannot be opened is refused by name; the thread
 * reaches its server and nothing else; both forms of replies, FUA in place of
 * flush; a server that forgets, is silent, fails a flush or lies.
 */
import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { BLOCK_SUITE } from "../../../conformance/hal/block/block_suite.ts";
import { BLOCK_GEOMETRY } from "../../../conformance/hal/block/case.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import type { HostedBlock } from "../../../hal/hosted/block_host.ts";
import { checkReach } from "../../../hal/hosted/testing/reach.ts";
import { permissionsFor, readAddress } from "./address.ts";
import {
  type BlockNbdOptions,
  BlockNbdRefused,
  openBlockNbd,
  startThread,
} from "./open.ts";
import { OPERATION_MS, RECONNECT_MS, subject } from "./testing/fixture.ts";
import { TestServer } from "./testing/server.ts";
import type { Lie, Order } from "./testing/server_worker.ts";
import { FLAG } from "./wire.ts";

registerWhole("deno/block-nbd", BLOCK_SUITE, subject);

const DATA = Uint8Array.from({ length: 32_768 }, (_, i) => (i * 31) >> 3);
const PATIENT = { operationMs: OPERATION_MS, reconnectMs: RECONNECT_MS };

async function served(
  order: Order,
  work: (server: TestServer, open: () => HostedBlock) => Promise<void> | void,
  options: BlockNbdOptions = {},
): Promise<void> {
  const server = await TestServer.start({
    size: BLOCK_GEOMETRY.capacity,
    ...order,
  });
  const opened: HostedBlock[] = [];
  const open = () => {
    const device = openBlockNbd(server.uri, {
      ...BLOCK_GEOMETRY,
      ...PATIENT,
      ...options,
    });
    opened.push(device);
    return device;
  };
  try {
    await work(server, open);
  } finally {
    for (const device of opened) device.abort();
    await server.stop();
  }
}

/** The octets are there. A difference is told without printing all of them. */
function reads(device: HostedBlock, offset: bigint, want: Uint8Array): void {
  const answer = device.read(offset, want.length);
  ok(answer.tag === "ok", JSON.stringify(answer));
  strictEqual(want.findIndex((octet, i) => octet !== answer.val[i]), -1);
}

const refusedAs = (reason: BlockNbdRefused["reason"], why: RegExp) =>
(
  error: unknown,
) =>
  error instanceof BlockNbdRefused && error.reason === reason &&
  why.test(error.message);

Deno.test("deno/block-nbd: what cannot be opened is refused by name", () =>
  served({}, async (server, open) => {
    for (const uri of ["x", "http://a/", "nbd:///", "nbd+unix:///x"]) {
      throws(() => openBlockNbd(uri), refusedAs("address", /./), uri);
    }
    const wrong: ReadonlyArray<readonly [BlockNbdOptions, RegExp]> = [
      [{ blockSize: 1000 }, /power of two/],
      [{ capacity: 4097 }, /multiple/],
      [{ capacity: NaN }, /whole number/],
      [{ operationMs: 0 }, /0 ms/],
      [{ reconnectMs: Infinity }, /Infinity ms/],
    ];
    for (const [options, why] of wrong) {
      throws(
        () => openBlockNbd(server.uri, options),
        refusedAs("options", why),
      );
    }
    throws(
      () => openBlockNbd(server.uri, { capacity: 2 ** 30 }),
      refusedAs("not-opened", /262144 octets, not 1073741824/),
    );
    await server.tell({ flags: FLAG.hasFlags });
    throws(open, refusedAs("not-opened", /neither flush nor FUA/));
    await server.tell({ flags: FLAG.hasFlags | FLAG.readOnly | FLAG.flush });
    throws(open, refusedAs("not-opened", /for reading only/));
    await server.tell({ listen: false });
    throws(open, refusedAs("not-opened", /refused/));
  }));

Deno.test("deno/block-nbd: its thread reaches the server and nothing else", () =>
  served({}, async (server) => {
    const address = readAddress(server.uri);
    ok(typeof address !== "string" && address.kind === "tcp");
    const worker = startThread(
      new URL("testing/reach_worker.ts", import.meta.url),
      address,
    );
    await checkReach(worker, address.port);
    const unix = readAddress("nbd+unix:///?socket=/run/nbd");
    ok(typeof unix !== "string");
    const { net, read, write } = permissionsFor(unix);
    deepStrictEqual([net, read, write], [["unix:/run/nbd"], ["/run/nbd"], [
      "/run/nbd",
    ]]);
  }));

for (
  const [name, order] of [
    ["simple replies", { structured: false }],
    ["structured replies", { structured: true }],
    ["FUA and no flush", { flags: FLAG.hasFlags | FLAG.fua }],
  ] as const
) {
  Deno.test(`deno/block-nbd: ${name}: octets, errors and flushes come through`, () =>
    served(order, async (server, open) => {
      const device = open();
      strictEqual(device.write(8192n, DATA).tag, "ok");
      strictEqual(device.flush().tag, "ok");
      reads(device, 8192n, DATA);
      await server.tell({ fail: "read" });
      const failed = device.read(0n, 4096);
      match(
        failed.tag === "err" ? failed.val.val ?? "" : "",
        /^read: EIO/,
      );
      strictEqual(device.health().tag, "degraded");
      strictEqual(device.read(0n, 4096).tag, "ok");
      strictEqual(device.discard(0n, 262_144n).tag, "ok");
      strictEqual(device.flush().tag, "ok");
      strictEqual(device.health().tag, "ok");
      device.close();
      const closed = device.read(0n, 4096);
      deepStrictEqual(closed, {
        tag: "err",
        val: { tag: "failed", val: "closed" },
      });
    }));
}

Deno.test("deno/block-nbd: what a server forgets is written again before a flush", () =>
  served({}, async (server, open) => {
    const device = open();
    const second = DATA.slice().reverse();
    strictEqual(device.write(0n, DATA).tag, "ok");
    strictEqual(device.write(4096n, second).tag, "ok");
    await server.tell({ listen: false, forget: true });
    await server.tell({ listen: true });
    strictEqual(device.flush().tag, "ok");
    await server.tell({ forget: true });
    reads(device, 4096n, second);
    reads(device, 0n, DATA.slice(0, 4096));
  }));

Deno.test("deno/block-nbd: after a failed flush everything is written again", () =>
  served({}, async (server, open) => {
    const device = open();
    strictEqual(device.write(0n, DATA).tag, "ok");
    await server.tell({ fail: "flush" });
    strictEqual(device.flush().tag, "err");
    strictEqual(device.health().tag, "degraded");
    await server.tell({ forget: true });
    strictEqual(device.flush().tag, "ok");
    strictEqual(device.health().tag, "ok");
    await server.tell({ forget: true });
    reads(device, 0n, DATA);
  }));

Deno.test("deno/block-nbd: a server that does not answer is asked again, then gone", () =>
  served({}, async (server, open) => {
    const device = open();
    strictEqual(device.write(0n, DATA).tag, "ok");
    await server.tell({ silent: true });
    // One request is lost; over the next connection there is an answer.
    reads(device, 0n, DATA);
    await server.tell({ listen: false });
    const gone = device.read(0n, 4096);
    match(gone.tag === "err" ? gone.val.val ?? "" : "", /^gone: /);
    await server.tell({ listen: true });
    reads(device, 0n, DATA);
    strictEqual(device.health().tag, "ok");
  }, { operationMs: 2000 }));

const LIES: readonly Lie[] = [
  "noise as a reply",
  "a reply to nothing",
  "too few octets",
  "octets outside the request",
  "twice the octets",
  "an endless error text",
  "half a header",
];

Deno.test("deno/block-nbd: a server that lies is refused, never believed", () =>
  served({}, async (server, open) => {
    for (
      const [lie, why] of [
        ["noise at once", /no NBD server/],
        ["no fixed newstyle", /fixed newstyle/],
        ["unknown export", /no such export/],
      ] as const
    ) {
      await server.tell({ lie });
      throws(open, refusedAs("not-opened", why), lie);
    }
    for (const lie of LIES) {
      await server.tell({ lie: "none", listen: true });
      const device = open();
      strictEqual(device.write(0n, DATA.subarray(0, 4096)).tag, "ok");
      await server.tell({ lie });
      const answer = device.read(0n, 4096);
      ok(answer.tag === "err" && answer.val.tag === "failed", lie);
      match(answer.val.val, /^gone: ./);
      strictEqual(device.health().tag, "degraded");
      device.abort();
    }
  }));
