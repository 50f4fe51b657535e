/**
 * The driver's side of a hosted block device: answers one request after another.
 *
 * Whatever the device throws becomes `failed`; an answer that nobody waits for
 * any more is dropped.
 */
import type {
  Condition,
  Done,
  Geometry,
  ReadResult,
  Refusal,
} from "../block_contract.ts";
import { type Mailbox, STATE } from "./mailbox.ts";

/** A block device that takes its time. Alignment and range are checked before. */
export interface AsyncBlock {
  readonly geometry: Geometry;
  read(offset: bigint, length: number): Promise<ReadResult>;
  /** `data` is the device's until the promise ends. */
  write(offset: bigint, data: Uint8Array): Promise<Done>;
  flush(): Promise<Done>;
  discard(offset: bigint, length: bigint): Promise<Done>;
  health(): Condition;
  close(): Promise<void>;
}

/** Serves until it is told to close. */
export async function serveBlock(
  mailbox: Mailbox,
  device: AsyncBlock,
): Promise<void> {
  mailbox.condition = device.health();
  mailbox.ready(device.geometry);
  for (;;) {
    await mailbox.waitWhileAsync(STATE.idle);
    await mailbox.waitWhileAsync(STATE.answered);
    if (mailbox.state === STATE.idle) continue;
    const closing = mailbox.asked().operation === "close";
    const refusal = await carriedOut(mailbox, device);
    mailbox.condition = device.health();
    mailbox.answer(refusal);
    if (!mailbox.turn(STATE.asked, STATE.answered)) {
      mailbox.turn(STATE.abandoned, STATE.idle);
    }
    if (closing) return;
  }
}

/** Does what is asked; octets read are in the mailbox afterwards. */
async function carriedOut(
  mailbox: Mailbox,
  device: AsyncBlock,
): Promise<Refusal | undefined> {
  const { operation, offset, length } = mailbox.asked();
  try {
    switch (operation) {
      case "read": {
        const result = await device.read(offset, Number(length));
        if (result.tag === "err") return result.val;
        mailbox.data.set(result.val);
        return undefined;
      }
      case "write": {
        const data = new Uint8Array(Number(length));
        data.set(mailbox.data.subarray(0, Number(length)));
        return refusalOf(await device.write(offset, data));
      }
      case "flush":
        return refusalOf(await device.flush());
      case "discard":
        return refusalOf(await device.discard(offset, length));
      case "close":
        await device.close();
        return undefined;
    }
  } catch (error) {
    const val = error instanceof Error ? error.message : String(error);
    return { tag: "failed", val: val || "the driver failed" };
  }
}

function refusalOf(done: Done): Refusal | undefined {
  return done.tag === "err" ? done.val : undefined;
}
