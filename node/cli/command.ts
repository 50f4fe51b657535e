/**
 * What a command is, and what it is given to work with.
 */
import { Cause, Effect, Exit } from "effect";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import type { Composition, OpenNode } from "./composition.ts";
import type { CliHost } from "./host.ts";
import { type Column, table } from "./table.ts";

/** Exit codes; the same for every command. */
export const EXIT = {
  ok: 0,
  /** The node, or the command itself, said no. */
  refused: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No node answers, or it is busy. */
  unreachable: 3,
  interrupted: 130,
} as const;

export interface Option {
  readonly type: "string" | "boolean";
  /** What stands for the value in the help text. */
  readonly value?: string;
  readonly about: string;
  readonly short?: string;
  readonly multiple?: boolean;
}

export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly about: string;
  /** What follows the name: `FROM TO [options]`. */
  readonly usage: string;
  readonly details?: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Least and most positional arguments. */
  readonly takes: readonly [number, number];
  run(context: Context): Promise<number>;
}

/** A wrong command line; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(message: string, readonly fix?: string) {
    super(message);
  }
}

export class Context {
  constructor(
    readonly composition: Composition,
    readonly host: CliHost,
    readonly values: Readonly<
      Record<string, string | boolean | ReadonlyArray<string> | undefined>
    >,
    readonly args: ReadonlyArray<string>,
  ) {}

  get data(): string {
    return this.text("data") ?? "./.karyon";
  }

  get json(): boolean {
    return this.flag("json");
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === "string" ? value : undefined;
  }

  texts(name: string): ReadonlyArray<string> {
    const value = this.values[name];
    return Array.isArray(value) ? value : [];
  }

  /** A positional argument that `takes` says is there. */
  arg(index: number): string {
    return this.args[index] ?? "";
  }

  /** An integer option within bounds. */
  integer(
    name: string,
    bounds: {
      readonly minimum: number;
      readonly maximum: number;
      readonly otherwise: number;
    },
  ): number {
    const given = this.text(name);
    if (given === undefined) return bounds.otherwise;
    const value = /^-?\d{1,16}$/u.test(given) ? Number(given) : NaN;
    if (value >= bounds.minimum && value <= bounds.maximum) return value;
    throw new UsageError(
      `--${name} must be an integer from ${bounds.minimum} to ${bounds.maximum}`,
    );
  }

  line(text = ""): void {
    this.host.out(`${text}\n`);
  }

  note(text: string): void {
    this.host.err(`${text}\n`);
  }

  /** Prints the value with --json; else whatever `show` prints. */
  print(value: unknown, show: () => void): void {
    if (this.json) this.line(JSON.stringify(value, null, 2));
    else show();
  }

  table<Row>(
    columns: ReadonlyArray<Column<Row>>,
    rows: ReadonlyArray<Row>,
  ): ReadonlyArray<string> {
    const room = this.host.outIsTerminal ? this.host.columns() : undefined;
    const [head = "", ...lines] = table(columns, rows, room);
    return [this.dim(head), ...lines];
  }

  bold(text: string): string {
    return this.#coloured("1", text);
  }

  dim(text: string): string {
    return this.#coloured("2", text);
  }

  #coloured(code: string, text: string): string {
    const wanted = this.host.outIsTerminal &&
      (this.host.env("NO_COLOR") ?? "") === "";
    return wanted ? `\x1b[${code}m${text}\x1b[0m` : text;
  }

  /** Opens the data directory's node, always closes it. */
  async withNode(
    body: (api: NodeApi, node: OpenNode) => Promise<number>,
    signal?: AbortSignal,
  ): Promise<number> {
    const node = await this.open(signal);
    try {
      return await body(node.api, node);
    } finally {
      await node.close();
    }
  }

  async open(signal?: AbortSignal): Promise<OpenNode> {
    return await askForPlace(this.composition.openNode(this.data), signal);
  }
}

/** A node or its place could not be had; exit code 3 where that may pass. */
export class NodeBusy extends Error {
  override readonly name = "NodeBusy";

  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** Told to stop before it was done; exit code 130. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** As `ask`; a conflict is about the place: a port or a store in use. */
export async function askForPlace<A>(
  answer: Answer<A>,
  signal?: AbortSignal,
): Promise<A> {
  try {
    return await ask(answer, signal);
  } catch (error) {
    const busy = error instanceof Refusal && error.kind === "conflict";
    throw busy ? new NodeBusy(error) : error;
  }
}

/** The answer; throws the refusal. A signal that aborts breaks the work off. */
export async function ask<A>(
  answer: Answer<A>,
  signal?: AbortSignal,
): Promise<A> {
  const exit = await Effect.runPromiseExit(
    answer,
    signal === undefined ? {} : { signal },
  );
  if (Exit.isSuccess(exit)) return exit.value;
  if (signal?.aborted && Cause.hasInterruptsOnly(exit.cause)) {
    throw new Interrupted();
  }
  throw Cause.squash(exit.cause);
}

/** The exit code that tells a refusal. */
export function exitOf(refusal: Refusal): number {
  switch (refusal.kind) {
    case "unavailable":
    case "too-many":
      return EXIT.unreachable;
    default:
      return EXIT.refused;
  }
}
