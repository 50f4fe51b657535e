/**
 * The folder that a forging leaves: source, component, report, transcript.
 *
 * Nothing is installed. At green it is a driver that `conform --driver FOLDER`
 * takes, so that a person can run the suite again and sign what came of it.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { html } from "../../conformance/hal/suite/html.ts";
import { type Report, totalsOf } from "../../conformance/hal/suite/report.ts";
import { Refusal } from "../api.ts";
import type { Sources } from "./answer.ts";
import type { Target } from "./target.ts";
import {
  type Attempt,
  BadTranscript,
  lineOf,
  readTranscript,
  type Subject,
} from "./transcript.ts";

export class Folder {
  private constructor(readonly path: string, private readonly root: string) {}

  /** A new folder, or the one that `resume` goes on in, with its attempts. */
  static open(
    { root, path, subject, resume }: {
      readonly root: string;
      readonly path: string;
      readonly subject: Subject;
      readonly resume: boolean;
    },
  ): { readonly folder: Folder; readonly attempts: ReadonlyArray<Attempt> } {
    const folder = new Folder(path, root);
    if (resume) return { folder, attempts: folder.#resumed(subject) };
    Deno.mkdirSync(path, { recursive: true });
    if (![...Deno.readDirSync(path)].length) {
      folder.#write("transcript.jsonl", lineOf(subject));
      return { folder, attempts: [] };
    }
    throw new Refusal({
      kind: "invalid",
      message: `${path} is not empty`,
      fix: "name a new folder with --out, or go on in this one with --resume",
    });
  }

  add(attempt: Attempt): void {
    Deno.writeTextFileSync(
      join(this.path, "transcript.jsonl"),
      lineOf(attempt),
      { append: true },
    );
  }

  /** The driver as it is; `report` where the suite ran, `green` where it held. */
  leave(
    { target, files, component, report, green }: {
      readonly target: Target;
      readonly files: Sources;
      readonly component: Uint8Array | undefined;
      readonly report: Report | undefined;
      readonly green: boolean;
    },
  ): void {
    this.#clear();
    Deno.mkdirSync(join(this.path, "assembly"), { recursive: true });
    for (const [name, text] of files) this.#write(`assembly/${name}`, text);
    this.#write("world.wit", target.wit);
    if (component !== undefined) {
      Deno.writeFileSync(join(this.path, "driver.wasm"), component);
    }
    if (report !== undefined) {
      const { promises: _, ...shown } = report;
      const totals = totalsOf(report.results);
      this.#write(
        "report.json",
        `${JSON.stringify({ ...shown, totals }, null, 2)}\n`,
      );
      this.#write("report.html", html(report));
    }
    if (green) this.#makeDriver(target);
  }

  #makeDriver({ contract, about }: Target): void {
    this.#write(
      "driver.json",
      `${
        JSON.stringify(
          { contract, about, subject: "subject.ts", component: "driver.wasm" },
          null,
          2,
        )
      }\n`,
    );
    const fixture = pathToFileURL(
      join(this.root, "drivers/virtio/block/testing/fixture.ts"),
    );
    this.#write("subject.ts", subjectSource(fixture.href));
  }

  /** What an attempt before has left, but for the transcript. */
  #clear(): void {
    for (
      const name of [
        "assembly",
        "world.wit",
        "driver.wasm",
        "report.json",
        "report.html",
        "driver.json",
        "subject.ts",
      ]
    ) {
      try {
        Deno.removeSync(join(this.path, name), { recursive: true });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  #resumed(subject: Subject): ReadonlyArray<Attempt> {
    const path = join(this.path, "transcript.jsonl");
    let text: string;
    try {
      text = Deno.readTextFileSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Refusal({
        kind: "not-found",
        message: `${path} is not there`,
        fix: "leave --resume out to begin",
      });
    }
    try {
      const known = readTranscript(text);
      this.#mustFit(known.subject, subject);
      // A line that was cut short would spoil the next one.
      this.#write(
        "transcript.jsonl",
        [known.subject, ...known.attempts].map(lineOf).join(""),
      );
      return known.attempts;
    } catch (error) {
      if (!(error instanceof BadTranscript)) throw error;
      throw new Refusal({
        kind: "invalid",
        message: `${path}: ${error.message}`,
        fix: "begin anew in another folder: --out DIR",
      });
    }
  }

  /** Endpoint and model may change on the way; what is judged may not. */
  #mustFit(known: Subject, subject: Subject): void {
    for (const key of ["contract", "seed", "only"] as const) {
      if (known[key] === subject[key]) continue;
      const was = known[key] === null ? "none" : String(known[key]);
      throw new Refusal({
        kind: "invalid",
        message: `${this.path} was begun with another ${key}: ${was}`,
        fix: "give the same, or begin in another folder: --out DIR",
      });
    }
  }

  #write(name: string, text: string): void {
    Deno.writeTextFileSync(join(this.path, name), text);
  }
}

function subjectSource(fixture: string): string {
  return `/** The forged driver as the suite wants it: on a simulated bus. */
import { simulated } from ${JSON.stringify(fixture)};

const component = Deno.readFileSync(new URL("driver.wasm", import.meta.url));

export const subject = simulated(undefined, { component, callMs: 5000 });
`;
}
