/**
 * A composition over a simulated node and a host that keeps what was printed.
 */
import { Effect } from "effect";
import {
  type ActivationReport,
  type Explanation,
  type NodeApi,
  Refusal,
} from "../api.ts";
import { SimulatedNode } from "../http/simulated_node.ts";
import type { Result } from "../../conformance/hal/suite/run.ts";
import type { AvatarCommands } from "./avatar_words.ts";
import { checkedReport, noAvatars } from "./testing_scripted.ts";
import type {
  ArchiveReport,
  Composition,
  Conformance,
  KeyReport,
  ProposalFile,
  ProposeRequest,
  Recomputed,
  Replayed,
  ReplayRequest,
  ReportHead,
  StartOptions,
  StoreReading,
} from "./composition.ts";
import { concatOctets } from "../../kernel/crypto/mod.ts";
import { type CliHost, sleep } from "./host.ts";
import { run } from "./run.ts";

export interface Terminal {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const READING: StoreReading = {
  height: 2,
  links: 2,
  particles: 3,
  contents: 0,
  octets: 20480,
  root: "01" + "cd".repeat(32),
  checkpoint: 1,
  warnings: [],
};

const ARCHIVE = new Uint8Array(1_000);

function recomputed({ total, particle }: Explanation): Recomputed {
  const largest = Math.abs(total - particle.focus);
  const holds = largest <= 1e-9;
  const differences = holds ? [] : [`total is ${total}`];
  return { holds, figures: 9, largest, differences };
}

function archived(before: number): ArchiveReport {
  const { height, root } = READING;
  return { height, root, appends: 2, octets: ARCHIVE.length, before };
}

export class Room {
  readonly node = new SimulatedNode();
  /** Who answers; the simulated node if it is not set. */
  api: NodeApi | undefined;
  readonly files = new Map<string, Uint8Array>();
  /** Statements of avatars; absent ones are refused. */
  avatars: AvatarCommands | undefined;
  readonly keys: KeyReport[] = [];
  readonly started: StartOptions[] = [];
  readonly replays: ReplayRequest[] = [];
  /** What every replay comes to. */
  replayed: Replayed = { frames: 0, end: "", lives: [], known: [] };
  opened = 0;
  closed = 0;
  /** Refuses to open or start with this while it is set. */
  inTheWay: Refusal | undefined;
  /** Aborts what a command took as its interruption. */
  interrupt = () => {};
  /** Resolves a started node's `failed`. */
  fail: (reason: string) => void = () => {};

  async run(
    argv: ReadonlyArray<string>,
    terminal: Terminal = {},
  ): Promise<Outcome> {
    let out = "";
    let err = "";
    const host = this.#host(
      terminal,
      (text) => out += text,
      (text) => err += text,
    );
    const code = await run(argv, this.composition(), host);
    return { code, out, err };
  }

  #host(
    { columns, env = {} }: Terminal,
    out: (text: string) => void,
    err: (text: string) => void,
  ): CliHost {
    let now_ms = 0;
    return {
      env: (name) => env[name],
      out,
      err,
      outIsTerminal: columns !== undefined,
      errIsTerminal: columns !== undefined,
      columns: () => columns,
      now_ms: () => now_ms += 100,
      sleep: (_, signal) => sleep(1, signal),
      interruption: () => {
        const controller = new AbortController();
        this.interrupt = () => controller.abort();
        return { signal: controller.signal, dispose: () => {} };
      },
      readFile: (path) => {
        const octets = this.files.get(path);
        return octets === undefined
          ? Promise.reject(new Deno.errors.NotFound(path))
          : Promise.resolve(octets);
      },
      writeFile: (path, octets) => {
        this.files.set(path, octets);
        return Promise.resolve();
      },
      openOutput: (path) => {
        if (this.files.has(path)) throw new Deno.errors.AlreadyExists(path);
        const parts: Uint8Array[] = [];
        return {
          write: (octets) => void parts.push(octets),
          keep: () => void this.files.set(path, concatOctets(parts)),
          drop() {},
        };
      },
      openInput: async (path) => {
        await Promise.resolve();
        const octets = this.files.get(path);
        if (octets === undefined) throw new Deno.errors.NotFound(path);
        return ReadableStream.from([octets]);
      },
      writeSecret: (path, octets) => {
        if (this.files.has(path)) {
          return Promise.reject(new Deno.errors.AlreadyExists(path));
        }
        this.files.set(path, octets);
        return Promise.resolve();
      },
    };
  }

  composition(): Composition {
    const close = () => {
      this.closed++;
      return Promise.resolve();
    };
    return {
      version: "0.0.0-test",
      openNode: (data) =>
        Effect.suspend(() => {
          if (this.inTheWay) return Effect.fail(this.inTheWay);
          this.opened++;
          return Effect.succeed({
            api: this.api ?? this.node,
            kind: "local",
            place: data,
            close,
          });
        }),
      replay: (request) =>
        Effect.suspend(() => {
          this.replays.push(request);
          return this.inTheWay
            ? Effect.fail(this.inTheWay)
            : Effect.succeed(this.replayed);
        }),
      startNode: (options) =>
        Effect.suspend(() => {
          if (this.inTheWay) return Effect.fail(this.inTheWay);
          this.started.push(options);
          this.opened++;
          return Effect.succeed({
            api: this.node,
            url: `http://${options.host}:${options.port}`,
            identity: "01" + "ab".repeat(32),
            store: "3 particles · 2 links",
            failed: new Promise<string>((resolve) => this.fail = resolve),
            close,
          });
        }),
      keys: {
        list: () => Effect.succeed(this.keys),
        create: (_, name) =>
          Effect.suspend(() => {
            if (this.keys.some((key) => key.name === name)) {
              return Effect.fail(
                new Refusal({ kind: "conflict", message: `${name} exists` }),
              );
            }
            const made = { name, id: "01ff", secret: true, sealed: false };
            this.keys.push(made);
            return Effect.succeed(made);
          }),
        seal: (_, name) =>
          Effect.succeed({ name, id: "01ff", secret: true, sealed: true }),
        newPhrase: () => Effect.succeed("one two three four five six seven"),
        avatar: (_, name, phrase) =>
          Effect.succeed({
            name,
            id: String(phrase.trim().length),
            secret: true,
            sealed: true,
            path: [name],
          }),
        derive: (_, parent, label, as = `${parent}-${label}`) =>
          Effect.succeed({
            name: as,
            id: "01ff",
            secret: true,
            sealed: true,
            path: [parent, label],
          }),
        did: (_, name) => Effect.succeed(`did:key:z${name}`),
        exportPublic: (_, name) => Effect.succeed(`public ${name}\n`),
        importPublic: (_, text, name = "other") =>
          Effect.succeed({
            name,
            id: text.trim(),
            secret: false,
            sealed: false,
          }),
        policy: () =>
          Effect.succeed({
            threshold: 1,
            governors: [{ id: "01ff", name: "identity", proposes: ["swap"] }],
          }),
        makePolicy: (_, { governors, threshold }) =>
          Effect.succeed(`${threshold} of ${governors.join(" ")}\n`),
      },
      governance: {
        propose: (_, swap) =>
          Effect.succeed({
            ...proposalFile(swap.cell, 0),
            activation: asReport(swap),
          }),
        sign: (_, text) =>
          Effect.succeed(proposalFile("rank", Number(text.slice(-1)) + 1)),
        attachment: (_, files) => Effect.succeed(files[0] ?? new Uint8Array()),
        inspect: (_, text) =>
          Effect.succeed(proposalFile("rank", Number(text.slice(-1)))),
      },
      fsck: () => Effect.succeed({ log: READING, start: READING }),
      rebuild: () => Effect.succeed({ log: READING, start: READING }),
      exportStore: (_, write) =>
        Effect.suspend(() => {
          if (this.inTheWay) return Effect.fail(this.inTheWay);
          write(ARCHIVE);
          return Effect.succeed(archived(0));
        }),
      restoreStore: (_, pieces) =>
        Effect.promise(async () => {
          let octets = 0;
          for await (const piece of pieces) octets += piece.length;
          return { ...archived(1), octets };
        }),
      recompute: (_, answer) => Effect.succeed(recomputed(answer)),
      recomputeFrom: (pieces, _, answer) =>
        Effect.promise(async () => {
          let figures = 0;
          for await (const piece of pieces) figures += piece.length;
          return { ...recomputed(answer), figures };
        }),
      audit: (_, last) =>
        Effect.succeed({
          records: 1,
          head: "ff".repeat(32),
          noted: 1,
          torn_octets: 0,
          last: [{
            sequence: 0,
            time_ms: 0,
            kind: "boot",
            facts: {},
            line: "#0 1970-01-01T00:00:00.000Z boot",
          }].slice(0, last),
        }),
      avatars: this.avatars ?? noAvatars,
      conformance: scriptedConformance,
      attestations: {
        attest: (_, key, { driver, results }) =>
          Effect.succeed(`${key}: ${driver} ${results.length}\n`),
        check: (_, text) => Effect.succeed(checkedReport(text)),
      },
      forge: ({ attempts, out, only }) =>
        Promise.resolve({
          ...{ end: "attempts", attempts, tokens: 9, failed: 1, total: 2 },
          ...{ out, only },
        }),
    };
  }
}

function asReport(
  { activate_at_ms: ms, activate_at_height: height }: ProposeRequest,
): ActivationReport {
  if (height !== undefined) return { at: "height", height: `${height}` };
  return ms === undefined
    ? { at: "once" }
    : { at: "time", time: new Date(ms).toISOString() };
}

function proposalFile(cell: string, signatures: number): ProposalFile {
  return {
    id: "prop1",
    text: `signatures ${signatures}`,
    action: "swap",
    cell,
    component: "01cc",
    asks: [],
    activation: { at: "once" },
    expires: "2027-01-01T00:00:00Z",
    note: "",
    signatures: Array(signatures).fill({ governor: "01ff", verdict: "good" }),
    threshold: 1,
  };
}

/** Two drivers: one keeps its promise, one does not. */
const scriptedConformance: Conformance = {
  suites: [{
    contract: "block",
    about: "storage of blocks",
    cases: ["behaviour/reads", "behaviour/writes"],
    mutants: 25,
  }],
  drivers: () =>
    ["memory/block", "deno/block-file"].map((name) => ({
      name,
      contract: "block",
      about: `<${name}>`,
      folder: `/drivers/${name}`,
    })),
  run({ driver, seed, only, onResult }) {
    if (driver === "gone/block") {
      return Promise.resolve({ absent: "it is not installed" });
    }
    const head: ReportHead = {
      contract: "block",
      wit: "wit/hal/block/block.wit",
      driver,
      seed,
      promises: new Map([["block.read", {
        item: "block.read",
        text: "Reads <octets>.",
        line: 51,
      }]]),
    };
    const good = driver === "memory/block";
    const result: Result = {
      id: "behaviour/reads",
      group: "behaviour",
      claim: "reads # all",
      promise: "block.read",
      verdict: good ? "passed" : "failed",
      ...(good ? {} : { evidence: "octet 3 is <b>1</b>, not 2" }),
      ms: 1.5,
    };
    const results = only === undefined || result.id.includes(only)
      ? [result]
      : [];
    results.forEach((one, index) => onResult(head, one, index, results.length));
    const platform = "simulated";
    return Promise.resolve({
      report: { ...head, platform, results, profile: [] },
    });
  },
};
