/**
 * Draws modules, has them run by all peers, and keeps what differs.
 *
 * Case n of a seed is always the same module, calls and fuel, so one number
 * replays it. Cases go in batches: the first jobs here, then all others on every
 * peer at once.
 */
import { ModuleRefusal } from "../../../../kernel/engine/rewriter/refusal.ts";
import { seeded } from "../chance.ts";
import { isCut } from "./trial.ts";
import type { Outcome } from "./job.ts";
import { judgeForms, judgePeer, type Verdict } from "./judge.ts";
import { type Chance, mutated } from "./mutate.ts";
import { spoiled, wrongDecoding, wrongRewriting } from "./octets.ts";
import type { Peer } from "./peers.ts";
import { shaped, TooLarge } from "./shape.ts";
import type { Octets, Source } from "./sources.ts";
import {
  type Asked,
  firstJob,
  moreJobs,
  rewrittenFor,
  type Trial,
  trialOf,
} from "./trial.ts";

export const BATCH = 24;
const BATCH_MS_MAX = 120_000;
const SPOILED_PER_CASE = 8;
const COMPONENTS_PER_CASE = 4;

export interface Finding {
  readonly case: number;
  readonly source: string;
  readonly what: string;
  readonly octets: Uint8Array;
}

/** What one peer did. */
export class PeerTally {
  modules = 0;
  notTaken = 0;
  jobs = 0;
  steps = 0;
  overflows = 0;
}

export class Tally {
  cases = 0;
  /** Compared, by the name of their source. */
  readonly modules = new Map<string, number>();
  readonly refused = new Map<string, number>();
  /** How steps of the first job ended. */
  readonly ends = new Map<string, number>();
  readonly peers = new Map<string, PeerTally>();
  /** Calls that did not end for long, and those of them that time stopped. */
  endless = 0;
  halted = 0;
  spoiledModules = 0;
  spoiledComponents = 0;
  compiledComponents = 0;
  invalid = 0;
  readonly findings: Finding[] = [];
}

export interface Setting {
  readonly seed: number;
  readonly sources: readonly Source[];
  /** The first one is here. */
  readonly peers: readonly Peer[];
  /** Real components, to be damaged. */
  readonly components: readonly Uint8Array[];
  /** How long a batch may take on a peer, if not two minutes. */
  readonly batchMs?: number;
  /** Compiles octets as the engine does; says what was wrong with how. */
  readonly compile?: (octets: Uint8Array) => Promise<string | undefined>;
}

interface Case {
  readonly index: number;
  readonly source: string;
  readonly trial: Trial;
}

const count = (counts: Map<string, number>, key: string, by = 1) =>
  counts.set(key, (counts.get(key) ?? 0) + by);

/** The chance of one case; what other cases drew does not matter. */
export function chanceOf(seed: number, index: number): Chance {
  const chance = seeded(
    Math.imul(seed, 0x85ebca6b) ^ Math.imul(index, 0x9e3779b1),
  );
  chance();
  return chance;
}

export class Campaign {
  readonly tally = new Tally();
  readonly #setting: Setting;
  readonly #batchMs: number;
  #last: Trial | undefined;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#batchMs = setting.batchMs ?? BATCH_MS_MAX;
    for (const { name } of setting.peers) {
      this.tally.peers.set(name, new PeerTally());
    }
  }

  /** The module that was drawn last. */
  get last(): Trial | undefined {
    return this.#last;
  }

  /** Runs these cases. Rejects with `Silent` if one of them does not end. */
  async run(indices: readonly number[]): Promise<void> {
    const cases: Case[] = [];
    for (const index of indices) {
      const one = await this.#drawn(index);
      this.tally.cases += 1;
      if (one !== undefined) cases.push(one);
    }
    await this.#compare(cases);
  }

  /** Runs modules as they are, with calls from the seed. */
  async runGiven(
    given: readonly { readonly name: string; readonly octets: Octets }[],
  ): Promise<void> {
    const cases = given.map(({ name, octets }, index) => {
      const chance = chanceOf(this.#setting.seed, index);
      const trial = this.#trial(index, name, octets, chance);
      this.tally.cases += 1;
      return trial && { index, source: name, trial };
    });
    await this.#compare(cases.filter((one) => one !== undefined));
  }

  #find(
    { index, source }: { readonly index: number; readonly source: string },
    what: string,
    octets: Uint8Array,
  ): void {
    this.tally.findings.push({ case: index, source, what, octets });
  }

  async #drawn(index: number): Promise<Case | undefined> {
    const { seed, sources } = this.#setting;
    const chance = chanceOf(seed, index);
    const source = sources[Math.floor(chance() * sources.length)] as Source;
    const isMutated = chance() < 0.7;
    const drawn = await source.draw(chance);
    const name = isMutated ? `${source.name}, mutated` : source.name;
    await this.#spoil(index, name, drawn, chanceOf(~seed, index));
    if (drawn === undefined) {
      count(this.tally.refused, "no module drawn");
      return undefined;
    }
    const changed = isMutated
      ? mutated(drawn, chance)
      : { octets: drawn, refused: undefined };
    if (changed.refused !== undefined) {
      this.#checkInvalid(index, name, changed.refused);
    }
    const trial = this.#trial(index, name, changed.octets, chance);
    return trial && { index, source: name, trial };
  }

  #trial(
    index: number,
    source: string,
    octets: Octets,
    chance: Chance,
  ): Trial | undefined {
    try {
      const shape = shaped(octets);
      if (!WebAssembly.validate(shape)) {
        this.#find({ index, source }, "shaping made it invalid", octets);
        return undefined;
      }
      const trial = trialOf(shape, chance);
      count(this.tally.modules, source);
      this.#last = trial;
      return trial;
    } catch (error) {
      if (error instanceof TooLarge) {
        count(this.tally.refused, "starts larger than the fuzz allows");
      } else if (error instanceof ModuleRefusal) {
        count(this.tally.refused, error.reason);
      } else this.#find({ index, source }, `rewriter threw ${error}`, octets);
      return undefined;
    }
  }

  /** What the platform refuses is refused, or stays invalid. */
  #checkInvalid(index: number, source: string, octets: Octets): void {
    this.tally.invalid += 1;
    const wrong = wrongRewriting(octets);
    if (wrong !== undefined) {
      return this.#find({ index, source }, wrong, octets);
    }
    try {
      if (WebAssembly.validate(rewrittenFor(octets, "fuel").octets)) {
        const what = "rewriting made an invalid module valid";
        this.#find({ index, source }, what, octets);
      }
    } catch (error) {
      if (!(error instanceof ModuleRefusal)) throw error;
    }
  }

  async #spoil(
    index: number,
    source: string,
    drawn: Octets | undefined,
    chance: Chance,
  ): Promise<void> {
    const { components, compile } = this.#setting;
    const check = (octets: Uint8Array, wrong: string | undefined) => {
      if (wrong !== undefined) this.#find({ index, source }, wrong, octets);
    };
    for (
      let left = drawn === undefined ? 0 : SPOILED_PER_CASE;
      left > 0;
      left--
    ) {
      const octets = spoiled(drawn as Octets, chance);
      this.tally.spoiledModules += 1;
      check(octets, wrongRewriting(octets) ?? wrongDecoding(octets));
    }
    for (let left = COMPONENTS_PER_CASE; left > 0; left--) {
      const whole = components[Math.floor(chance() * components.length)];
      if (whole === undefined) return;
      const octets = spoiled(whole, chance, true);
      this.tally.spoiledComponents += 1;
      check(octets, wrongDecoding(octets));
      if (left > 1 || index % BATCH !== 0 || compile === undefined) continue;
      this.tally.compiledComponents += 1;
      check(octets, await compile(octets));
    }
  }

  async #compare(cases: readonly Case[]): Promise<void> {
    const [here] = this.#setting.peers;
    if (here === undefined || cases.length === 0) return;
    const first = await here.run(
      cases.map(({ trial }) => firstJob(trial).job),
      this.#batchMs,
    );
    const asked = cases.map(({ trial }, at) =>
      moreJobs(trial, first[at] as Outcome)
    );
    for (const { steps } of first) {
      for (const step of steps) count(this.tally.ends, endWord(step.text));
    }
    const answers = await Promise.all(
      this.#setting.peers.map((peer) => this.#ask(peer, asked)),
    );
    const [own] = answers;
    cases.forEach((one, at) => {
      const mine = own?.[at] ?? [];
      const jobs = asked[at] ?? [];
      const halted = mine[jobs.findIndex(({ role }) => role === "halted")];
      if (halted !== undefined) {
        this.tally.endless += 1;
        const isHalted = halted.steps.at(-1)?.text === "stopped deadline";
        this.tally.halted += isHalted ? 1 : 0;
      }
      const verdict = judgeForms(one.trial, first[at] as Outcome, jobs, mine);
      this.#take(one, here.name, verdict);
      answers.slice(1).forEach((theirs, place) => {
        const { name } = this.#setting.peers[place + 1] as Peer;
        this.#take(one, name, judgePeer(jobs, mine, theirs[at] ?? []));
      });
    });
  }

  async #ask(
    peer: Peer,
    asked: readonly (readonly Asked[])[],
  ): Promise<readonly (readonly Outcome[])[]> {
    const jobs = asked.flat().map(({ job }) => job);
    const outcomes = await peer.run(jobs, this.#batchMs);
    const tally = this.tally.peers.get(peer.name);
    if (tally !== undefined) tally.jobs += jobs.length;
    let from = 0;
    return asked.map(({ length }) => outcomes.slice(from, from += length));
  }

  #take(one: Case, peer: string, verdict: Verdict | undefined): void {
    const tally = this.tally.peers.get(peer) as PeerTally;
    if (verdict === undefined) {
      tally.notTaken += 1;
      return;
    }
    tally.modules += 1;
    tally.steps += verdict.steps;
    tally.overflows += verdict.overflows;
    const [what, ...others] = verdict.differences;
    if (what === undefined) return;
    const more = others.length === 0 ? "" : `; and ${others.length} more`;
    this.#find(one, `${peer}: ${what}${more}`, one.trial.octets);
  }
}

function endWord(text: string): string {
  if (isCut({ text })) return text;
  return /^(trap|exception|thrown|unlinkable|instance)/.exec(text)?.[0] ??
    (/Error$|refused/.test(text) ? text : "values");
}
