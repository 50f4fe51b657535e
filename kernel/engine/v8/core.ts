/**
 * A core instance that comes into being; bindings keep the object.
 *
 * It is closed while its allocator or clean-up runs, which may not call out.
 * Generated code notes that here, an adapter in a word of the hart: the word
 * need not say whose, since a closed cell is the only one that runs.
 */
import type { CoreInstance, Room } from "../../../wit/abi/binding.ts";
import { fault } from "../../../wit/abi/fault.ts";
import type { ResourceTables } from "../../../wit/abi/resources.ts";
import { CLOSED } from "../hart_words.ts";

/** What a component's linker names it. */
const REALLOC = "cabi_realloc";

type Realloc = CoreInstance["realloc"];

export class Core implements CoreInstance {
  exports: WebAssembly.Exports = {};
  realloc: Realloc = noReallocYet;
  room: Room | undefined;
  spare: Uint8Array | undefined;
  /** Whether it has its exports. */
  isWhole = false;
  readonly #words: Int32Array;
  #isClosed = false;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly resources: ResourceTables,
    words: Int32Array,
  ) {
    this.#words = words;
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#words[CLOSED] !== 0;
  }

  set isClosed(is: boolean) {
    this.#isClosed = is;
  }

  attach(exports: WebAssembly.Exports): void {
    const realloc = exports[REALLOC];
    this.exports = exports;
    this.realloc = typeof realloc === "function"
      ? realloc as Realloc
      : noRealloc;
    this.isWhole = true;
  }
}

function noReallocYet(): never {
  fault("it takes a list or string before it was instantiated");
}

function noRealloc(): never {
  fault("it takes a list or string but exports no cabi_realloc");
}
