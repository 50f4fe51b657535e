/** The driver as the NPU suite wants it, in a page that serves its library. */
import { npuSubject } from "../../../../conformance/hal/npu/hosted_subject.ts";
import type { NpuSubject } from "../../../../conformance/hal/npu/case.ts";
import { PLATFORM } from "../open.ts";
import { readyThread } from "../ready.ts";

/** A subject whose threads run `module`. */
export function subjectOn(module: URL): NpuSubject {
  return npuSubject(PLATFORM, () => readyThread(module));
}

/** Outside of a page. */
export const subject: NpuSubject = {
  contract: "npu",
  absent: () => "a page's worker has it: deno task suite:browser",
  make() {
    throw new Error("this is no page");
  },
};
