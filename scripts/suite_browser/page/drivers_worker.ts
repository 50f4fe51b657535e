/** A dedicated worker that puts the drivers for pages to their suites. */
import { SUITES } from "../../../conformance/hal/suites.ts";
import { caseId } from "../../../conformance/hal/suite/case.ts";
import { TEST_SEED } from "../../../conformance/hal/suite/register.ts";
import { isRed } from "../../../conformance/hal/suite/run.ts";
import { evidenceOf } from "../../../conformance/hal/suite/report.ts";
import {
  filesOf,
  readStored,
} from "../../../conformance/hal/npu/onnx/stored.ts";
import { runCase } from "../../../conformance/hal/npu/onnx/run.ts";
import {
  subject as block,
  subjectWith as blockWith,
} from "../../../drivers/web/block_opfs/testing/fixture.ts";
import { subject as entropy } from "../../../drivers/web/entropy/testing/fixture.ts";
import { subjectOn as gpuOn } from "../../../drivers/web/gpu/testing/fixture.ts";
import { subjectOn as npuOn } from "../../../drivers/web/npu/testing/fixture.ts";
import { subject as timer } from "../../../drivers/web/timer/testing/fixture.ts";
import type { Told } from "./drivers.ts";

/** Bundled threads lie beside this script. */
const thread = (name: string) => new URL(name, location.href);
const asked = new URL(location.href).searchParams;
/** Only where it was asked for: it takes minutes. */
const withGpu = asked.has("gpu");
const wanted = asked.get("suite");

const npu = npuOn(thread("npu_held_worker.js"));
const OPFS = "web/block-opfs";
const ONNX = "web/npu on onnx's cases";

const DRIVERS = [
  ...(withGpu
    ? [{ name: "web/gpu", subject: gpuOn(thread("gpu_held_worker.js")) }]
    : []),
  // Asked for alone, it is put to every state that a power cut may leave.
  { name: OPFS, subject: wanted === OPFS ? blockWith() : block },
  { name: "web/entropy", subject: entropy },
  { name: "web/npu", subject: npu },
  { name: "web/timer", subject: timer },
].filter(({ name }) => wanted === null || name === wanted).map((driver) => {
  const { contract } = driver.subject;
  const suite = SUITES.find((one) => one.contract === contract);
  if (suite === undefined) throw new Error(`no suite for ${contract}`);
  return { ...driver, suite };
});

interface Scope {
  postMessage(told: Told): void;
}

// A worker's global has no type of its own beside a window's.
const scope = globalThis as unknown as Scope;
const tell = (told: Told) => scope.postMessage(told);

async function runAll(): Promise<void> {
  const named = (driver: string, id: string) => `${driver}: ${id}`;
  const names = DRIVERS.flatMap(({ name, suite }) =>
    suite.cases.map((each) => named(name, caseId(each)))
  );
  const stored = await storedCases();
  names.push(...stored.map((one) => named(ONNX, one.name)));
  tell({ kind: "plan", names });
  for (const { name, subject, suite } of DRIVERS) {
    const absent = await subject.absent?.();
    if (absent !== undefined) {
      for (const each of suite.cases) {
        const id = named(name, caseId(each));
        tell({ kind: "case", name: id, ms: 0, skipped: absent });
      }
      continue;
    }
    await suite.run(subject, {
      seed: TEST_SEED,
      nowMs: () => performance.now(),
      onResult(result) {
        const { id, ms, verdict, reason = "" } = result;
        tell({
          kind: "case",
          name: named(name, id),
          ms,
          ...(isRed(verdict) && { error: evidenceOf(result) }),
          ...(verdict === "left-out" && { skipped: reason }),
        });
      },
    });
  }
  await runStored(stored);
}

/** Stored cases of the onnx package, where they are wanted. */
async function storedCases() {
  if (wanted !== null && wanted !== ONNX) return [];
  const answer = await fetch(new URL("onnx_cases.json", location.href));
  return readStored(await answer.text()).cases;
}

async function runStored(
  stored: Awaited<ReturnType<typeof storedCases>>,
): Promise<void> {
  if (stored.length === 0) return;
  const absent = await npu.absent?.();
  const fixture = absent === undefined ? await npu.make() : undefined;
  try {
    for (const one of stored) {
      const name = `${ONNX}: ${one.name}`;
      const begun = performance.now();
      if (fixture === undefined) {
        tell({ kind: "case", name, ms: 0, skipped: absent ?? "" });
        continue;
      }
      const { end, what } = runCase(fixture.npu, one, filesOf(one));
      tell({
        kind: "case",
        name,
        ms: performance.now() - begun,
        ...(end !== "passed" && { error: `${end}: ${what}` }),
      });
    }
  } finally {
    await fixture?.dispose();
    await npu.end?.();
  }
}

runAll().catch((error: unknown) => {
  // Not every stack has the message in it, and some errors have none.
  const stack = error instanceof Error ? `\n${error.stack ?? ""}` : "";
  tell({ kind: "broken", reason: `${error}${stack}` });
});
