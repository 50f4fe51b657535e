/**
 * `replay`: runs the cells of a recording again, and says where one differs first.
 */
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import type { Replayed, ReplayedLife } from "../composition.ts";
import { count, octets, seconds } from "../words.ts";

/** The recording is not as it was written; what was before was compared. */
const DAMAGED = 3;

const GENERATION_MAX = Number.MAX_SAFE_INTEGER;
const HASH_CHARS = 12;
const FILES_MAX = 1_000;

export const replay: Command = {
  name: "replay",
  about: "run the cells of a recording again, compare every octet",
  usage: "FILE… [--cell NAME] [--generation N] [--component PATH]",
  details:
    "FILE is what up --record wrote, one for each hart. Needs no node, store\n" +
    "or network.\n" +
    "Exit code 0: equal; 1: a first difference is named; 2: wrong command\n" +
    "line; 3: the recording is damaged, and where.",
  options: {
    cell: { type: "string", value: "NAME", about: "only the lives of a cell" },
    generation: { type: "string", value: "N", about: "only this generation" },
    component: {
      type: "string",
      value: "PATH",
      about: "in place of the cell's recorded component; with --cell",
    },
  },
  takes: [1, FILES_MAX],
  async run(context) {
    const cell = context.text("cell");
    const component = context.text("component");
    if (component !== undefined && cell === undefined) {
      throw new UsageError(
        "--component stands for one cell's component",
        "name the cell with --cell",
      );
    }
    const generation = context.text("generation") === undefined
      ? undefined
      : context.integer("generation", {
        minimum: 1,
        maximum: GENERATION_MAX,
        otherwise: 1,
      });
    const all: Named[] = [];
    for (const file of context.args) {
      const begunMs = context.host.now_ms();
      const replayed = await ask(context.composition.replay({
        file,
        cell,
        generation,
        component,
        progress: (line) => {
          if (!context.json) context.note(`  ${line}`);
        },
      }));
      const forS = (context.host.now_ms() - begunMs) / 1_000;
      all.push({ file, ...replayed, seconds: forS });
    }
    // Of several files, those without such a life say nothing.
    const said = all.filter(({ lives, damaged }) =>
      lives.length > 0 || damaged !== undefined
    );
    if (said.length === 0) {
      const known = all.flatMap((one) => one.known);
      throw new UsageError(
        "the recording has no such life",
        `it has ${known.join(", ") || "none at all"}`,
      );
    }
    const { file: _, ...alone } = said[0] ?? {};
    context.print(all.length === 1 ? alone : said, () => {
      for (const one of said) {
        if (all.length > 1) context.line(context.bold(one.file));
        show(context, one, one.seconds);
      }
    });
    return Math.max(...said.map(exitOf));
  },
};

/** What one file came to. */
type Named = Replayed & { readonly file: string; readonly seconds: number };

function exitOf({ lives, damaged }: Replayed): number {
  if (damaged !== undefined) return DAMAGED;
  return lives.some(({ difference }) => difference !== undefined)
    ? EXIT.refused
    : EXIT.ok;
}

function show(context: Context, replayed: Replayed, forS: number): void {
  const { lives, frames, end, damaged } = replayed;
  const lines = context.table([
    { title: "cell", value: (life: ReplayedLife) => life.cell },
    { title: "gen", right: true, value: (life) => String(life.generation) },
    { title: "calls", right: true, value: (life) => count(life.calls) },
    { title: "asked", right: true, value: (life) => count(life.questions) },
    { title: "compared", right: true, value: (life) => octets(life.octets) },
    { title: "component", value: componentOf },
    { title: "end", flex: 20, value: (life) => life.end },
  ], lives);
  if (lives.length > 0) {
    for (const line of lines) context.line(line);
    context.line();
  }
  for (const life of lives) showDifference(context, life);
  const total = (of: (life: ReplayedLife) => number) =>
    lives.reduce((sum, life) => sum + of(life), 0);
  const differing = lives.filter(({ difference }) => difference !== undefined);
  context.line(
    [
      differing.length === 0
        ? damaged === undefined ? "equal" : "equal up to the damage"
        : `${count(differing.length)} of ${count(lives.length)} lives differ`,
      `${count(frames)} frames`,
      `${count(total(({ calls }) => calls))} calls`,
      `${count(total(({ questions }) => questions))} answers to imports`,
      octets(total((life) => life.octets)),
      seconds(forS),
    ].join(" · "),
  );
  if (damaged === undefined) context.line(`the recording's end: ${end}`);
  else context.note(`karyon: the recording is damaged: ${damaged}`);
}

function componentOf({ recorded, replayed }: ReplayedLife): string {
  const short = (hash: string) => hash.slice(0, HASH_CHARS);
  return replayed === "" || recorded === replayed
    ? short(recorded)
    : `${short(replayed)} for ${short(recorded)}`;
}

function showDifference(
  context: Context,
  { cell, generation, difference }: ReplayedLife,
): void {
  if (difference === undefined) return;
  const { frame, during, what, path, want, got } = difference;
  context.line(
    `${cell}, generation ${generation}: first difference at frame ${
      count(frame)
    }`,
  );
  context.line(`  during    ${during}`);
  context.line(`  in        ${what}${path === "" ? "" : ` at ${path}`}`);
  context.line(`  recorded  ${want}`);
  context.line(`  now       ${got}`);
  context.line();
}
