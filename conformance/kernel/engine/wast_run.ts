/**
 * Runs one script of the official suite in several modes and compares.
 *
 * Each mode gets the same commands. An assertion is held to what the script
 * expects, and what a rewritten form did is held to what the plain one did. Two
 * rules differ: a rewriter is no validator, so of a module that the platform
 * refuses it is asked only that rewriting it does not make it a valid one; and
 * with fuel a NaN of open bits has canonical ones, whatever the plain form has.
 */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { ModuleRefusal } from "../../../kernel/engine/rewriter/refusal.ts";
import type { Countdown } from "../../../kernel/engine/ticker.ts";
import { headOf, isList, type List, type Node } from "./wast_reader.ts";
import { readScript } from "./wast_reader.ts";
import {
  type Mode,
  type Outcome,
  outcome,
  rewriteFor,
  Store,
} from "./wast_store.ts";
import {
  type Expected,
  expectedOf,
  type Floats,
  floatsOf,
  isOpen,
  matches,
  textOf,
  valueOf,
} from "./wast_values.ts";

/** What became of the assertions of one mode. */
export class Tally {
  /** Assertion kind to how many came out as the script says. */
  readonly held = new Map<string, number>();
  /** Where V8 or the rewriting does not do what the script says. */
  readonly broken: string[] = [];
  /** Not asked, because a module was refused: reason to how often. */
  readonly refused = new Map<string, number>();
  /** Where a rewritten form does not do what the plain one does. */
  readonly differences: string[] = [];
  modules = 0;
  modulesRefused = 0;

  hold(kind: string): void {
    this.held.set(kind, (this.held.get(kind) ?? 0) + 1);
  }

  refuse(reason: string): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}

const FIELDS = new Set(["func", "memory", "table", "global", "type"]);
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** A module of a script: its octets, or that no assembler takes it. */
type Form = Uint8Array<ArrayBuffer> | undefined;

const isName = (node: Node | undefined): node is string =>
  typeof node === "string" && node.startsWith("$");

export class ScriptRun {
  readonly #script: string;
  readonly #text: string;
  readonly #tallies: ReadonlyMap<Mode, Tally>;
  readonly #stores: readonly Store[];
  readonly #definitions = new Map<string, Form>();
  #definition: Form;
  #floats: Floats = new Map();
  /** Valid modules, in the order of the script. */
  readonly modules: Uint8Array<ArrayBuffer>[] = [];

  constructor(
    script: string,
    text: string,
    tallies: ReadonlyMap<Mode, Tally>,
    countdown: Countdown,
  ) {
    this.#script = script;
    this.#text = text;
    this.#tallies = tallies;
    this.#stores = [...tallies.keys()].map((mode) =>
      new Store(mode, countdown)
    );
  }

  async run(): Promise<void> {
    const script = readScript(this.#text);
    this.#floats = await floatsOf(script);
    const [first] = script;
    if (first !== undefined && FIELDS.has(headOf(first))) {
      // The whole text is one module without its parentheses.
      const form = await this.#assembled(this.#text);
      return this.#instantiate(form, undefined, first);
    }
    for (const command of script) await this.#command(command);
  }

  async #command(command: List): Promise<void> {
    const head = headOf(command);
    const [, second, third] = command.items;
    switch (head) {
      case "module":
        return await this.#module(command);
      case "register": {
        const as = second instanceof Uint8Array ? DECODER.decode(second) : "";
        for (const store of this.#stores) {
          store.register(as, isName(third) ? third : undefined);
        }
        return;
      }
      case "invoke":
      case "get":
        return this.#each(command, "action", () => true, undefined);
      case "assert_return":
        return this.#assertReturn(command);
      case "assert_invalid":
      case "assert_malformed":
        return await this.#assertRefused(command, head);
      case "assert_trap":
      case "assert_exhaustion":
      case "assert_exception":
      case "assert_unlinkable":
        return await this.#assertEnd(second, head);
      default:
        throw new Error(`unknown command ${head}`);
    }
  }

  /** Instantiates, and defines where the script says so. */
  async #module(command: List): Promise<void> {
    const words = command.items.filter((item) => typeof item === "string");
    if (words[1] === "instance") {
      const [, , name, of] = words;
      const form = of === undefined
        ? this.#definition
        : this.#definitions.get(of);
      this.#instantiate(form, name, command);
      return;
    }
    const name = words.find(isName);
    const form = await this.#formOf(command);
    if (form !== undefined && WebAssembly.validate(form)) {
      this.modules.push(form);
    }
    this.#definition = form;
    if (name !== undefined) this.#definitions.set(name, form);
    if (words[1] !== "definition") this.#instantiate(form, name, command);
  }

  #instantiate(form: Form, name: string | undefined, command: List): void {
    let plain: Outcome | undefined;
    for (const store of this.#stores) {
      const tally = this.#tally(store);
      tally.modules += 1;
      const got = form === undefined
        ? outcome("impossible", "no assembler takes it")
        : store.instantiate(form, name);
      if (got.kind === "refused") {
        tally.modulesRefused += 1;
        tally.refuse(`module: ${got.text}`);
        continue;
      }
      if (got.kind !== "values") this.#break(tally, command, "module", got);
      this.#compare(tally, command, plain, got);
      plain ??= got;
    }
  }

  #assertReturn(command: List): void {
    const [, action, ...rest] = command.items;
    const alternatives = rest.map((node) =>
      (isList(node) && headOf(node) === "either" ? node.items.slice(1) : [node])
        .map((item) => expectedOf(item, this.#floats))
    );
    const first = alternatives.map(([one]) => one as Expected);
    const held = ({ kind, values }: Outcome) =>
      kind === "values" && values.length === alternatives.length &&
      alternatives.every((any, index) => {
        const value = values[index];
        return value !== undefined && any.some((one) => matches(one, value));
      });
    if (isList(action)) this.#each(action, "assert_return", held, first);
  }

  async #assertEnd(action: Node | undefined, head: string): Promise<void> {
    if (!isList(action)) return;
    const wanted = head.replace("assert_", "");
    const held = ({ kind }: Outcome) => kind === wanted;
    if (headOf(action) !== "module") {
      // The types of results that never come are not in the script.
      return this.#each(action, head, held, undefined);
    }
    const form = await this.#formOf(action);
    this.#judge(
      action,
      head,
      held,
      (store) =>
        form === undefined
          ? outcome("impossible", "no assembler takes it")
          : store.instantiate(form, undefined),
    );
  }

  #each(
    action: List,
    head: string,
    held: (got: Outcome) => boolean,
    expected: readonly Expected[] | undefined,
  ): void {
    const named = isName(action.items[1]) ? action.items[1] : undefined;
    const [field, ...given] = action.items.slice(named === undefined ? 1 : 2);
    const name = field instanceof Uint8Array ? DECODER.decode(field) : "";
    const args = given.map((node) => valueOf(expectedOf(node, this.#floats)));
    this.#judge(
      action,
      head,
      held,
      (store) =>
        headOf(action) === "get"
          ? store.get(named, name, expected ?? [])
          : store.invoke(named, name, args, expected),
      expected?.some(isOpen),
    );
  }

  #judge(
    at: List,
    head: string,
    held: (got: Outcome) => boolean,
    ask: (store: Store) => Outcome,
    hasOpenBits = false,
  ): void {
    let plain: Outcome | undefined;
    for (const store of this.#stores) {
      const tally = this.#tally(store);
      const got = ask(store);
      if (got.kind === "refused") tally.refuse(`${head}: ${got.text}`);
      else {
        const isHeld = held(got);
        if (isHeld) tally.hold(head);
        else this.#break(tally, at, head, got);
        const isSettled = isHeld && hasOpenBits && store.mode === "fuel";
        if (!isSettled) this.#compare(tally, at, plain, got);
      }
      plain ??= got;
    }
  }

  async #assertRefused(command: List, head: string): Promise<void> {
    const module = command.items[1];
    if (!isList(module)) return;
    const form = await this.#formOf(module);
    const isTaken = form !== undefined && WebAssembly.validate(form);
    for (const store of this.#stores) {
      const tally = this.#tally(store);
      if (isTaken) {
        const text = outcome("values", "V8 takes the module");
        this.#break(tally, command, head, text);
      } else if (
        form === undefined || store.mode === "plain" ||
        !isMadeValid(form, store.mode)
      ) tally.hold(form === undefined ? `${head} by the assembler` : head);
      else {
        tally.differences.push(
          `${this.#place(command)}: rewriting made an invalid module valid`,
        );
      }
    }
  }

  async #formOf(module: List): Promise<Form> {
    const words = module.items.filter((item) => typeof item === "string");
    const strings = module.items.filter((item) => item instanceof Uint8Array);
    const octets = strings.flatMap((string) => [...string]);
    if (words.includes("binary")) return Uint8Array.from(octets);
    const text = words.includes("quote")
      ? DECODER.decode(Uint8Array.from(octets))
      : this.#text.slice(module.from, module.to)
        .replace(/^\(module\s+definition\b/, "(module")
        // The assembler refuses some characters as confusing, but no escapes.
        .replace(/[\u{80}-\u{10ffff}]+/gu, escaped);
    return await this.#assembled(text);
  }

  async #assembled(text: string): Promise<Form> {
    try {
      return new Uint8Array(await parse(text));
    } catch {
      return undefined;
    }
  }

  #tally(store: Store): Tally {
    return this.#tallies.get(store.mode) as Tally;
  }

  #place(at: List): string {
    const line = this.#text.slice(0, at.from).split("\n").length;
    return `${this.#script}:${line}`;
  }

  #break(tally: Tally, at: List, head: string, got: Outcome): void {
    tally.broken.push(`${this.#place(at)}: ${head}, but ${describe(got)}`);
  }

  #compare(
    tally: Tally,
    at: List,
    plain: Outcome | undefined,
    got: Outcome,
  ): void {
    if (plain === undefined || describe(plain) === describe(got)) return;
    tally.differences.push(
      `${this.#place(at)}: ${describe(plain)}, rewritten ${describe(got)}`,
    );
  }
}

function describe({ kind, text, values }: Outcome): string {
  // A memory has a maximum once it is rewritten, which V8 words differently.
  if (kind === "unlinkable") return kind;
  return kind === "values"
    ? `values ${values.map(textOf).join(" ")} ${text}`.trim()
    : `${kind} ${text}`.trim();
}

function escaped(characters: string): string {
  return [...new TextEncoder().encode(characters)]
    .map((octet) => `\\${octet.toString(16).padStart(2, "0")}`).join("");
}

function isMadeValid(octets: Uint8Array, mode: Exclude<Mode, "plain">) {
  try {
    return WebAssembly.validate(rewriteFor(octets, mode).octets);
  } catch (error) {
    if (error instanceof ModuleRefusal) return false;
    throw error;
  }
}
