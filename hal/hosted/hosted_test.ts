/**
 * A block device on another thread.
 *
 * Plan: octets and refusals come through, whatever wakes the caller; what takes
 * too long is gone, and its answer is dropped; what throws is failed; after
 * close nothing is asked.
 */
import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { HostedBlock, NotOpened } from "./block_host.ts";
import { Mailbox } from "./mailbox.ts";

const OCTETS = 512;
const PATIENT_MS = 60_000;

function hosted(
  answerMs: number,
  body: (device: HostedBlock) => void,
): void {
  const mailbox = Mailbox.make(OCTETS);
  const worker = new Worker(
    new URL("testing/guest_worker.ts", import.meta.url),
    { type: "module", deno: { permissions: "none" } },
  );
  worker.postMessage(mailbox.memory);
  let ended = 0;
  const device = new HostedBlock(mailbox, {
    answerMs,
    openMs: PATIENT_MS,
    nowMs: () => performance.now(),
    end() {
      ended += 1;
      worker.terminate();
    },
  });
  try {
    body(device);
  } finally {
    device.abort();
    strictEqual(ended, 1);
  }
}

const block = (number: number) => BigInt(number * OCTETS);
const data = (octet: number) => new Uint8Array(OCTETS).fill(octet);

Deno.test("hal/hosted: answers come through, whatever wakes the caller", () =>
  hosted(PATIENT_MS, (device) => {
    strictEqual(device.describe().capacity, 4096n);
    for (const number of [0, 1, 2]) {
      deepStrictEqual(device.write(block(number), data(number + 1)), {
        tag: "ok",
      });
    }
    for (const number of [0, 1, 2]) {
      const answer = device.read(block(number), OCTETS);
      ok(answer.tag === "ok");
      ok(answer.val.every((octet) => octet === number + 1));
    }
    deepStrictEqual(device.discard(0n, 512n), {
      tag: "err",
      val: { tag: "full" },
    });
    deepStrictEqual(device.flush(), {
      tag: "err",
      val: { tag: "failed", val: "it broke" },
    });
    strictEqual(device.read(1n, OCTETS).tag, "err");
    const health = device.health();
    ok(health.tag === "degraded" && health.val.startsWith("ünwell"));
    device.close();
    match(JSON.stringify(device.read(0n, OCTETS)), /closed/);
    strictEqual(device.health().tag, "failed");
  }));

Deno.test("hal/hosted: what takes too long is gone, and nobody gets its answer", () =>
  hosted(200, (device) => {
    const late = device.write(block(7), data(9));
    match(JSON.stringify(late), /gone: no answer within 200 ms/);
    // The driver is asked again when it has ended what it was asked before.
    let first = device.read(block(0), OCTETS);
    for (let i = 0; i < 300 && first.tag === "err"; i++) {
      match(first.val.val ?? "", /^gone: /);
      first = device.read(block(0), OCTETS);
    }
    ok(first.tag === "ok", JSON.stringify(first));
    ok(first.val.every((octet) => octet === 0));
  }));

Deno.test("hal/hosted: a driver that does not open is refused, its thread ended", () => {
  const mailbox = Mailbox.make(OCTETS);
  let ended = 0;
  const end = () => void (ended += 1);
  const options = { answerMs: 1, openMs: 1, nowMs: () => 0, end };
  throws(() => new HostedBlock(mailbox, options), NotOpened);
  mailbox.refuse("no such disk");
  throws(() => new HostedBlock(mailbox, options), /no such disk/);
  strictEqual(ended, 2);
});
