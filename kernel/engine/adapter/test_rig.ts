/**
 * Two instances without an engine: hand-made memories with an adapter between.
 *
 * The caller's side lowers with a generated binding into its own memory, the
 * called side lifts with one from its own. What lies between is the adapter.
 */
import { componentEmbed } from "@bytecodealliance/jco-transpile/wasm-tools";
import type {
  CoreFunction,
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { ResourceTables } from "../../../wit/abi/resources.ts";
import type { Interface } from "../../../wit/decode/model.ts";
import { readSignature } from "../../../wit/decode/signature.ts";
import { decodeEmbedded, embeddedSection } from "../../../wit/decode/world.ts";
import { definers } from "../../../wit/generator/as_dialect.ts";
import { crossing, layout } from "../../../wit/abi/layout.ts";
import { bindingSource } from "../../../wit/generator/ts_binding.ts";
import { loadBinding } from "../../../wit/testing/instance.ts";
import { ENTERED } from "./adapter.ts";
import { Adapter, ContractCode, Trampolines } from "./link.ts";

export type Call = (...args: unknown[]) => unknown;
export type Calls = Record<string, Call>;
type Numbers = (...args: (number | bigint)[]) => number | bigint;

export interface Contract {
  readonly from: Interface;
  readonly binding: InterfaceBinding<Calls>;
  readonly code: ContractCode;
}

/** The contract `karyon:rig/all@0.1.0` with this body. */
export async function contractOf(body: string): Promise<Contract> {
  const witSource = `package karyon:cell-rig@0.1.0;
world rig { import karyon:rig/all@0.1.0; }
package karyon:rig@0.1.0 { ${body} }`;
  const core = await componentEmbed({ witSource, dummy: true, world: "rig" });
  const section = embeddedSection(core);
  const { imports } = decodeEmbedded(section ?? new Uint8Array());
  const from = imports.find(({ name }) => name === "karyon:rig/all@0.1.0");
  if (from === undefined) throw new Error("no contract");
  const text = bindingSource(from, definers(imports));
  const binding = await loadBinding(text, "all");
  const functions = readSignature(binding.signature);
  return {
    from,
    binding,
    code: new ContractCode(from.name, functions, binding.functions),
  };
}

const PAGES = 64;

/** A memory whose blocks never overlap; `blocks` are their sizes. */
export class Hand implements CoreInstance {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES });
  readonly exports: Record<string, CoreFunction> = {};
  readonly resources = new ResourceTables();
  readonly blocks: number[] = [];
  /** Where the next block lies, or what a lie says. */
  lie: number | undefined;
  #next = 4_096;

  readonly realloc: CoreInstance["realloc"] = (_old, _size, align, size) => {
    this.blocks.push(size);
    if (this.lie !== undefined) return this.lie;
    const at = Math.ceil(this.#next / align) * align;
    this.#next = at + size;
    const missing = this.#next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / 65_536));
    return at;
  };

  words(at: number, ...values: number[]): void {
    const view = new DataView(this.memory.buffer);
    values.forEach((value, i) => view.setUint32(at + 4 * i, value, true));
  }

  octets(at: number, ...values: number[]): void {
    new Uint8Array(this.memory.buffer).set(values, at);
  }
}

export class Rig {
  readonly caller = new Hand();
  readonly callee = new Hand();
  adapter: Adapter;
  /** Post-return calls. */
  posts = 0;
  /** Calls of the slow way. */
  slows = 0;
  /** What `enter` answers instead of running. */
  answer: number | undefined;
  /** Typed calls through the adapter. */
  readonly calls: Calls;
  /** The importer's functions by name. */
  readonly raw: Record<string, Numbers>;
  readonly #trampolines: Trampolines;
  readonly #hart = new WebAssembly.Memory({
    initial: 1,
    maximum: 1,
    shared: true,
  });

  constructor(contract: Contract, host: Calls) {
    const { code, binding, from } = contract;
    this.#answerBy(contract, host);
    this.#trampolines = new Trampolines(
      code,
      code.functions.map(() =>
        (() => {
          this.slows += 1;
          return 0;
        }) as CoreFunction
      ),
    );
    this.adapter = this.#linked();
    this.raw = this.#trampolines.imports as unknown as Record<string, Numbers>;
    for (const { name, result, params } of from.functions) {
      const call = this.raw[name] as Numbers;
      const { returned } = crossing(params.map(({ type }) => type), result);
      this.caller.exports[`${from.name}#${name}`] = ((...flat: number[]) => {
        if (!returned || result === undefined) return call(...flat);
        const { size, align } = layout(result);
        const at = this.caller.realloc(0, 0, align, size);
        call(...flat, at);
        return at;
      }) as unknown as CoreFunction;
    }
    this.calls = binding.bind(this.caller);
  }

  /** With an adapter to what the called side exports now. */
  relinked(): this {
    this.adapter = this.#linked();
    return this;
  }

  #linked(): Adapter {
    const { caller, callee } = this;
    const adapter = new Adapter(
      this.#trampolines,
      { caller, callee, hart: this.#hart },
      (index) => {
        if (this.answer !== undefined) return this.answer;
        adapter.run(index, 0);
        return ENTERED.done;
      },
    );
    this.#trampolines.retarget(adapter);
    return adapter;
  }

  #answerBy({ binding, from }: Contract, host: Calls): void {
    const { callee } = this;
    const lowered = binding.lower(() => callee, host);
    for (const { name, result, params } of from.functions) {
      const call = lowered[name] as unknown as Numbers;
      const { returned } = crossing(params.map(({ type }) => type), result);
      const own = (...flat: (number | bigint)[]) => {
        if (!returned || result === undefined) return call(...flat);
        const { size, align } = layout(result);
        const at = callee.realloc(0, 0, align, size);
        call(...flat, at);
        return at;
      };
      callee.exports[`${from.name}#${name}`] = own as CoreFunction;
      callee.exports[`cabi_post_${from.name}#${name}`] = () => {
        this.posts += 1;
      };
    }
  }
}
