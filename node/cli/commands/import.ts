/**
 * `import`: a file or folder into the graph, batch by batch.
 *
 * Each batch is durable before the next one starts, with the place to go on in
 * the same atomic write: an import that was interrupted in any way goes on where
 * it was when the same command is given again.
 */
import type { NodeApi } from "../../api.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import { ImportProgress } from "../progress.ts";
import { suggest } from "../suggest.ts";
import { many, octets, seconds } from "../words.ts";
import type { DraftsDone, MarkedDraft } from "../../api_drafts.ts";
import type { Batch, Import, ImportFormat, Tally } from "../../import/mod.ts";

type Room = typeof import("../../import/mod.ts");

export const importCommand: Command = {
  name: "import",
  about: "add the links of a file or folder to the graph",
  usage: "FILE|DIR [--format F] [--skip-bad]",
  details: "Formats: tsv, packages, ntriples, el, wel, markdown (a folder). " +
    "Files may be\npacked with gzip; `-` is standard input. Given again after an " +
    "interruption, it goes on where it was.",
  options: {
    format: {
      type: "string",
      value: "F",
      about: "default: what the name says for certain",
    },
    "skip-bad": {
      type: "boolean",
      about: "leave out malformed records, count and report them",
    },
    restart: { type: "boolean", about: "from the beginning, once more" },
  },
  takes: [1, 1],
  async run(context) {
    const room = await import("../../import/mod.ts");
    const path = context.arg(0);
    const format = chosen(room, context.text("format"), path);
    const { signal, dispose } = context.host.interruption();
    try {
      return await context.withNode(
        (api) => importInto({ context, room, api, format, path, signal }),
        signal,
      );
    } finally {
      dispose();
    }
  },
};

function chosen(
  room: Room,
  wanted: string | undefined,
  path: string,
): ImportFormat {
  const formats = room.IMPORT_FORMATS.join(", ");
  if (wanted === undefined) {
    const guess = room.formatOf(path) ??
      (isFolder(path) ? "markdown" : undefined);
    if (guess !== undefined) return guess;
    throw new UsageError(
      `the name ${path} does not say what format it has`,
      `give --format with one of ${formats}`,
    );
  }
  if (room.isImportFormat(wanted)) return wanted;
  const meant = suggest(wanted, room.IMPORT_FORMATS);
  throw new UsageError(
    `there is no format ${wanted}`,
    meant === undefined ? `there is ${formats}` : `did you mean ${meant}?`,
  );
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

interface Job {
  readonly context: Context;
  readonly room: Room;
  readonly api: NodeApi;
  readonly format: ImportFormat;
  readonly path: string;
  readonly signal: AbortSignal;
}

async function importInto(job: Job): Promise<number> {
  const { context, room, api, format, path } = job;
  const tally = new room.Tally();
  try {
    const source = await room.openImport(format, path);
    const key = source.bookmarkKey;
    const resume = key === undefined || context.flag("restart")
      ? undefined
      : source.resumeFrom(await ask(api.recall(key)));
    if (resume !== undefined && !context.json) {
      context.note(`goes on after ${resume.split(":")[1]} lines`);
    }
    return await apply(job, source, tally, resume);
  } catch (error) {
    if (!(error instanceof room.ImportRefusal)) throw error;
    context.host.err(errorText(context, error.message));
    if (error.place !== undefined && !context.json) {
      context.note(
        "  the batches before it are in the graph: go on without it by " +
          "--skip-bad; a file that was changed is begun anew",
      );
    }
    return EXIT.refused;
  }
}

function errorText(context: Context, message: string): string {
  return context.json
    ? JSON.stringify({ error: { kind: "invalid", message } }) + "\n"
    : `karyon: ${message}\n`;
}

async function apply(
  job: Job,
  source: Import,
  tally: Tally,
  resume: string | undefined,
): Promise<number> {
  const { context, api, signal } = job;
  const progress = new ImportProgress(context, source);
  const batches = source.batches({
    ...(resume === undefined ? {} : { resume }),
    skipBad: context.flag("skip-bad"),
    tally,
  });
  const reading = new Reading(source, batches, signal);
  let done: DraftsDone = { links: 0, height: 0, drafts: 0 };
  try {
    await ask(api.submitDrafts({
      key: source.bookmarkKey,
      drafts: reading.drafts(),
      told: (now) => {
        done = now;
        progress.show(now.links, reading.lineOf(now.drafts));
      },
    }));
    if (reading.fault !== undefined) throw reading.fault;
  } finally {
    progress.end();
  }
  const { links, height } = done;
  summary(job, source, { tally, links, height, elapsed_s: progress.elapsed_s });
  return signal.aborted ? EXIT.interrupted : EXIT.ok;
}

/** Batches as a node takes them, until the user interrupts. */
class Reading {
  /** Why the source ended early; what it gave before goes in. */
  fault: unknown;
  /** Last line of each batch that is not durable yet. */
  readonly #lines: number[] = [];
  #told = 0;

  constructor(
    readonly source: Import,
    readonly batches: AsyncGenerator<Batch>,
    readonly signal: AbortSignal,
  ) {}

  async *drafts(): AsyncGenerator<MarkedDraft> {
    try {
      for await (const batch of this.batches) {
        this.#lines.push(batch.line);
        const mark = this.source.bookmarkKey === undefined
          ? undefined
          : this.source.bookmark(batch);
        yield { draft: batch.draft, mark };
        if (this.signal.aborted) return;
      }
    } catch (error) {
      this.fault = error;
    }
  }

  /** Last line of the batch of that number, from 1; asked in their order. */
  lineOf(batch: number): number {
    const [line = 0] = this.#lines.splice(0, batch - this.#told).slice(-1);
    this.#told = batch;
    return line;
  }
}

interface Outcome {
  readonly tally: Tally;
  readonly links: number;
  readonly height: number;
  readonly elapsed_s: number;
}

function summary(job: Job, source: Import, outcome: Outcome): void {
  const { context, room, path, signal } = job;
  const { tally, links, height, elapsed_s } = outcome;
  const rate = Math.round(links / Math.max(elapsed_s, 0.001));
  const { done } = source.progress();
  const report = {
    source: path,
    format: source.format,
    complete: !signal.aborted,
    links,
    lines: tally.lines,
    skipped: tally.skipped,
    bad: tally.reports.map(room.describeBad),
    height,
    seconds: Math.round(elapsed_s * 1000) / 1000,
    links_per_second: rate,
  };
  context.print(report, () => {
    const size = source.format === "markdown"
      ? many(done, "note")
      : octets(done);
    context.line(
      `${many(links, "link")} from ${size} in ${seconds(elapsed_s)} ` +
        `(${many(rate, "link")}/s), height ${height}`,
    );
    if (tally.skipped > 0) {
      context.line(`${many(tally.skipped, "malformed record")} left out:`);
      for (const bad of report.bad) context.line(`  ${bad}`);
    }
    if (signal.aborted) {
      context.note("interrupted; give the same command again to go on");
    } else if (links === 0) context.note("nothing was new");
  });
}
