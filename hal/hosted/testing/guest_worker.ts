/** A hosted device of 8 blocks that takes as long as the block's number says. */
import { type AsyncBlock, serveBlock } from "../block_guest.ts";
import { Mailbox } from "../mailbox.ts";

const OCTETS = 512;
const STATE_WORD = 0;

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) {
    const mailbox = new Mailbox(event.data);
    void serveBlock(mailbox, deviceOf(mailbox));
  }
});

function deviceOf(mailbox: Mailbox): AsyncBlock {
  const octets = new Uint8Array(8 * OCTETS);
  /** Block n takes n * 100 ms, and wakes the caller for nothing meanwhile. */
  const take = async (offset: bigint) => {
    for (let left = Number(offset) / OCTETS * 10; left >= 0; left--) {
      Atomics.notify(mailbox.words, STATE_WORD);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    geometry: {
      blockSize: OCTETS,
      capacity: BigInt(octets.length),
      transferMax: OCTETS,
      readOnly: false,
    },
    async read(offset, length) {
      await take(offset);
      const from = Number(offset);
      return { tag: "ok", val: octets.slice(from, from + length) };
    },
    async write(offset, data) {
      await take(offset);
      octets.set(data, Number(offset));
      return { tag: "ok" };
    },
    flush: () => Promise.reject(new Error("it broke")),
    discard: () => Promise.resolve({ tag: "err", val: { tag: "full" } }),
    health: () => ({ tag: "degraded", val: "ünwell ".repeat(400) }),
    close: () => Promise.resolve(),
  };
}
