/** The driver as the NPU suite wants it: on a server of the test's own. */
import type { NpuSubject } from "../../../../conformance/hal/npu/case.ts";
import { npuSubject } from "../../../../conformance/hal/npu/hosted_subject.ts";
import { PLATFORM, startThread } from "../open.ts";
import type { ServerOptions } from "../server.ts";
import { Peer } from "./peer.ts";

/** One for all fixtures. */
let shared: Peer | undefined;
const held = new URL("held_worker.ts", import.meta.url);

const inner = npuSubject(
  PLATFORM,
  async () => {
    shared ??= await Peer.start();
    return startThread(held, shared.address);
  },
  (): ServerOptions => ({ address: shared?.address ?? "", answerMs: 60_000 }),
);

export const subject: NpuSubject = {
  ...inner,
  async absent() {
    try {
      shared ??= await Peer.start();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return await inner.absent?.();
  },
  async end() {
    await inner.end?.();
    shared?.stop();
    shared = undefined;
  },
};
