/** The driver as the NPU suite wants it, one thread for each fixture that is killed. */
import { npuSubject } from "../../../../conformance/hal/npu/hosted_subject.ts";
import { startThread } from "../open.ts";

export const subject = npuSubject(
  "software",
  () => startThread(new URL("held_worker.ts", import.meta.url)),
);
