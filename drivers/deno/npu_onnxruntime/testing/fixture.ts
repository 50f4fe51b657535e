/** The driver as the NPU suite wants it, one thread for each fixture that is killed. */
import { npuSubject } from "../../../../conformance/hal/npu/hosted_subject.ts";
import { PLATFORM, startThread } from "../open.ts";

export const subject = npuSubject(
  PLATFORM,
  () => startThread(new URL("held_worker.ts", import.meta.url)),
);
