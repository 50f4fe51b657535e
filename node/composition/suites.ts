/**
 * The conformance suites, and the drivers that can be put to them.
 *
 * A driver is a folder with a `driver.json` that names its contract and the
 * module whose `subject` makes fixtures; those under `drivers/` are known by
 * name. Any other is given as a path, of such a folder or of a module.
 */
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { readExpectations } from "../../conformance/hal/suite/expectations.ts";
import { promisesOf } from "../../conformance/hal/suite/promise.ts";
import type { Report } from "../../conformance/hal/suite/report.ts";
import { caseId } from "../../conformance/hal/suite/case.ts";
import {
  type AnySubject,
  type AnySuite,
  isSubject,
  SUITES,
} from "../../conformance/hal/suites.ts";
import { Refusal } from "../api.ts";
import type {
  Conformance,
  ConformRequest,
  KnownDriver,
} from "../cli/composition.ts";

const CONTRACT_NAMES = SUITES.map(({ contract }) => contract);

/** The suites over the drivers of the program's folder. */
export function conformanceOf(root: string): Conformance {
  return {
    suites: SUITES.map(({ contract, about, cases, mutants }) => ({
      contract,
      about,
      cases: cases.map(caseId),
      mutants: mutants.length,
    })),
    drivers: () => knownDrivers(root),
    run: (request) => conform(root, request),
  };
}

interface Found extends KnownDriver {
  /** The module of the subject, from the folder. */
  readonly subject: string;
}

function knownDrivers(root: string): ReadonlyArray<Found> {
  const folders = (path: string) =>
    [...Deno.readDirSync(path)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name).sort();
  return folders(join(root, "drivers")).flatMap((platform) =>
    folders(join(root, "drivers", platform)).flatMap((device) => {
      const folder = join(root, "drivers", platform, device);
      const entry = entryOf(folder);
      if (entry === undefined) return [];
      const { contract, about, subject, also } = entry;
      const name = `${platform}/${device.replaceAll("_", "-")}`;
      const one = { contract, about, folder };
      return [
        { ...one, name, subject },
        ...Object.entries(also).map(([medium, other]) => ({
          ...one,
          name: `${name}+${medium}`,
          about: medium,
          ...(typeof other === "string" ? { subject: other } : other),
        })),
      ];
    })
  );
}

interface Entry {
  readonly contract: string;
  readonly about: string;
  readonly subject: string;
  /** Other media that it is put on, or other contracts that it has. */
  readonly also: Readonly<Record<string, string | Omit<Entry, "also">>>;
}

/** What a folder's `driver.json` says; undefined where there is none. */
function entryOf(folder: string): Entry | undefined {
  const path = join(folder, "driver.json");
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
  try {
    const { contract, about, subject, also = {} } = JSON.parse(text);
    const others = Object.values<unknown>(also).flatMap(textsOf);
    const texts = [contract, about, subject, ...others];
    if (texts.every((one) => typeof one === "string")) {
      return { contract, about, subject, also };
    }
  } catch { /* said below */ }
  throw new Refusal({
    kind: "invalid",
    message: `${path} has no contract, about and subject`,
    fix: "see drivers/README.md",
  });
}

/** What has to be texts in a further medium or contract. */
function textsOf(other: unknown): unknown[] {
  if (typeof other !== "object" || other === null) return [other];
  return ["contract", "about", "subject"].map((key) => Reflect.get(other, key));
}

async function conform(
  root: string,
  request: ConformRequest,
): ReturnType<Conformance["run"]> {
  const subject = await subjectOf(root, request);
  const suite = suiteOf(subject.contract, request);
  const absent = await subject.absent?.();
  if (absent !== undefined) return { absent };
  const head = {
    contract: suite.contract,
    wit: suite.wit,
    driver: request.driver,
    seed: request.seed,
    promises: promisesOf(Deno.readTextFileSync(join(root, suite.wit))),
  };
  const { onResult } = request;
  const text = request.expectations ?? standing(root, request.driver);
  const run = await suite.run(subject, {
    seed: request.seed,
    only: request.only,
    profile: request.profile,
    nowMs: () => performance.now(),
    ...(text === undefined ? {} : {
      expectations: readExpectations(text, new Set(suite.cases.map(caseId))),
    }),
    onResult: (result, index, total) => onResult(head, result, index, total),
  });
  const { arch, os } = Deno.build;
  const report: Report = {
    ...head,
    ...run,
    platform: `deno ${Deno.version.deno}, ${os} ${arch}`,
  };
  return { report };
}

/**
 * What is known to fail on this platform of a driver that is known by name:
 * `conformance/expectations/PLATFORM/DEVICE/OS.json`, where there is one.
 */
function standing(root: string, driver: string): string | undefined {
  const path = driver.replaceAll("-", "_");
  if (!/^\w+\/\w+(\+\w+)?$/.test(path)) return undefined;
  const folder = join(root, "conformance", "expectations", path);
  try {
    return Deno.readTextFileSync(join(folder, `${Deno.build.os}.json`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function suiteOf(contract: string, request: ConformRequest): AnySuite {
  if (request.contract !== undefined && request.contract !== contract) {
    throw new Refusal({
      kind: "invalid",
      message: `${request.driver} is a driver of ${contract}`,
      fix: `--contract ${contract}`,
    });
  }
  const suite = SUITES.find((one) => one.contract === contract);
  if (suite !== undefined) return suite;
  throw new Refusal({
    kind: "invalid",
    message: `there is no suite for ${contract}`,
    fix: `there is ${CONTRACT_NAMES.join(", ")}`,
  });
}

async function subjectOf(
  root: string,
  request: ConformRequest,
): Promise<AnySubject> {
  const path = modulePath(root, request.driver);
  let subject: unknown;
  try {
    subject = (await import(pathToFileURL(path).href)).subject;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Refusal({
      kind: "invalid",
      message: `${path} cannot be loaded: ${message}`,
      fix: "see that it is a module, and that its imports are there",
    });
  }
  if (isSubject(subject)) return subject;
  throw new Refusal({
    kind: "invalid",
    message: `${path} exports no subject`,
    fix:
      "export const subject = { contract, make() }; see conformance/hal/suite/case.ts",
  });
}

/** The module that has the subject of a known driver, a folder or itself. */
function modulePath(root: string, driver: string): string {
  const wanted = driver.replaceAll("_", "-");
  const known = knownDrivers(root).find(({ name }) => name === wanted);
  if (known !== undefined) return join(known.folder, known.subject);
  const folder = existing(driver);
  const entry = folder === undefined ? undefined : entryOf(folder);
  if (folder !== undefined && entry !== undefined) {
    return join(folder, entry.subject);
  }
  if (folder !== undefined && /\.(ts|js|mjs)$/.test(folder)) return folder;
  throw new Refusal({
    kind: "not-found",
    message: `there is no driver ${driver}`,
    fix: `a path of a module or of a folder with driver.json, or one of ${
      knownDrivers(root).map(({ name }) => name).join(", ")
    }`,
  });
}

/** The folder that a driver is in, as `conform` finds it. */
export function folderOf(root: string, driver: string): string {
  const wanted = driver.replaceAll("_", "-").replace(/\+\w+$/, "");
  const known = knownDrivers(root).find(({ name }) => name === wanted);
  if (known !== undefined) return known.folder;
  return dirname(modulePath(root, driver));
}

/** The whole path of what is there; its working folder need not be readable. */
function existing(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
