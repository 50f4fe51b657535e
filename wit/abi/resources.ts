/**
 * Resources: what the `own` and `borrow` numbers of one instance stand for.
 *
 * Rely on: a handle names its slot and its life, so one that was dropped, given away, made up or meant for another type
 * is an `AbiFault`, never another object. A host object of a cell's resource is valid until it is given away or disposed.
 *
 * Two kinds of resource meet here. Those that the cell imports are host objects behind handles of the cell. Those that
 * the cell exports are numbers of the cell (`rep`) behind host objects, and behind handles while the cell owns them.
 */
import type { CoreInstance } from "./binding.ts";
import { fault } from "./fault.ts";
import { HANDLES_MAX } from "./limits.ts";
import { leave } from "./memory.ts";

/** Bits of a handle that name the slot; the rest but the sign count lives. */
const SLOT_BITS = 17;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const LIFE_MASK = (1 << (31 - SLOT_BITS)) - 1;

interface Slot {
  /** Counts reuse, so that an old handle does not fit. */
  life: number;
  /** `interface.resource`; "" while free. */
  type: string;
  value: unknown;
  own: boolean;
}

/** All handles of one instance, and the host's objects of its exported resources. */
export class ResourceTables {
  readonly #slots: Slot[] = [{ life: 0, type: "", value: 0, own: false }];
  readonly #free: number[] = [];
  readonly #prototypes = new Map<string, object>();
  readonly #reps = new WeakMap<object, { type: string; rep: number }>();
  readonly #exports: ReadonlySet<string>;
  #borrows = 0;

  /** `exports`: the interfaces whose resources the instance makes itself. */
  constructor(exports: ReadonlySet<string> = new Set()) {
    this.#exports = exports;
  }

  /** Whether the instance defines the resource itself. */
  defines(type: string): boolean {
    return this.#exports.has(type.slice(0, type.lastIndexOf(".")));
  }

  /** Handles in use. */
  get size(): number {
    return this.#slots.length - 1 - this.#free.length;
  }

  /** Borrowed handles that the cell has not dropped yet. */
  get borrows(): number {
    return this.#borrows;
  }

  /** Makes a handle. */
  insert(type: string, value: unknown, own: boolean): number {
    if (this.size >= HANDLES_MAX) {
      if (own && !this.defines(type)) giveBack(value);
      fault(`over ${HANDLES_MAX} handles`);
    }
    const at = this.#free.pop() ?? this.#slots.length;
    const life = this.#slots[at]?.life ?? 0;
    this.#slots[at] = { life, type, value, own };
    if (!own) this.#borrows++;
    return life << SLOT_BITS | at;
  }

  /** What a handle stands for. */
  get(type: string, handle: number): { value: unknown; own: boolean } {
    return this.#slot(type, handle);
  }

  /** Ends a handle, as the cell drops it. */
  drop(type: string, handle: number): { value: unknown; own: boolean } {
    const slot = this.#slot(type, handle);
    const { value, own } = slot;
    slot.type = "";
    slot.value = undefined;
    slot.life = (slot.life + 1) & LIFE_MASK;
    this.#free.push(handle & SLOT_MASK);
    if (!own) this.#borrows--;
    return { value, own };
  }

  /** Ends an own handle, as the cell gives the resource away. */
  take(type: string, handle: number): unknown {
    if (!this.#slot(type, handle).own) {
      fault(`handle ${handle} of ${type} is borrowed and cannot be given away`);
    }
    return this.drop(type, handle).value;
  }

  /** Ends all handles, when the instance is over: what it owned of its host goes back. */
  end(): void {
    for (const slot of this.#slots.splice(1)) {
      if (slot.type === "" || !slot.own || this.defines(slot.type)) continue;
      giveBack(slot.value);
    }
    this.#free.length = 0;
    this.#borrows = 0;
  }

  #slot(type: string, handle: number): Slot {
    const at = handle & SLOT_MASK;
    const slot = this.#slots[at];
    if (
      slot === undefined || at === 0 || slot.type !== type ||
      slot.life !== handle >> SLOT_BITS
    ) {
      fault(`${handle} is no live handle of ${type}`);
    }
    return slot;
  }

  /** The methods that objects of an exported resource have. */
  prototype(type: string): object {
    let found = this.#prototypes.get(type);
    if (found === undefined) {
      found = {};
      this.#prototypes.set(type, found);
    }
    return found;
  }

  /** A host object for the cell's own number of a resource. */
  wrap(type: string, rep: number): object {
    const made = Object.create(this.prototype(type)) as object;
    this.#reps.set(made, { type, rep });
    return made;
  }

  /** The cell's number behind a host object; `take` ends the object. */
  unwrap(type: string, object: unknown, take: boolean): number {
    const found = typeof object === "object" && object !== null
      ? this.#reps.get(object)
      : undefined;
    if (found === undefined || found.type !== type) {
      throw new TypeError(`no live ${type} of this instance`);
    }
    if (take) this.#reps.delete(object as object);
    return found.rep;
  }

  /** Whether the host object still stands for something. */
  has(object: object): boolean {
    return this.#reps.has(object);
  }
}

/** Disposes of what a cell that ends owned. Nobody is left to tell what that throws, and the others must go back too. */
function giveBack(value: unknown): void {
  try {
    (value as Partial<Disposable>)[Symbol.dispose]?.();
  } catch {
    return;
  }
}

/** The cell gives a resource to the host. */
export function liftOwn<T>(
  core: CoreInstance,
  type: string,
  handle: number,
): T {
  const value = core.resources.take(type, handle);
  return (core.resources.defines(type)
    ? core.resources.wrap(type, value as number)
    : value) as T;
}

/** The cell shows one of its handles to the host for the length of a call. */
export function liftBorrow<T>(
  core: CoreInstance,
  type: string,
  handle: number,
): T {
  return core.resources.get(type, handle).value as T;
}

/** The host gives a resource to the cell. */
export function lowerOwn(
  core: CoreInstance,
  type: string,
  object: unknown,
): number {
  const value = core.resources.defines(type)
    ? core.resources.unwrap(type, object, true)
    : object;
  return core.resources.insert(type, value, true);
}

/** The host shows a resource to the cell for the length of a call. */
export function lowerBorrow(
  core: CoreInstance,
  type: string,
  object: unknown,
): number {
  return core.resources.defines(type)
    ? core.resources.unwrap(type, object, false)
    : core.resources.insert(type, object, false);
}

/** Checks that the cell dropped what it borrowed for a call. */
export function endBorrows(core: CoreInstance, before: number): void {
  const left = core.resources.borrows - before;
  if (left !== 0) fault(`${left} borrowed handles outlive their call`);
}

/** Gives objects of an exported resource their methods. */
export function addMethods(
  core: CoreInstance,
  type: string,
  methods: object,
): void {
  Object.assign(core.resources.prototype(type), methods);
}

/** Ends a host object of an exported resource; a second time does nothing. */
export function dispose(
  core: CoreInstance,
  type: string,
  object: object,
): void {
  if (!core.resources.has(object)) return;
  destroy(core, type, core.resources.unwrap(type, object, true));
}

function destroy(core: CoreInstance, type: string, rep: number): void {
  const dot = type.lastIndexOf(".");
  const name = `${type.slice(0, dot)}#[dtor]${type.slice(dot + 1)}`;
  const destructor = core.exports[name];
  if (typeof destructor === "function") destructor(rep);
}

/** `[resource-drop]` of a resource that the cell imports. */
export function dropImported(
  core: CoreInstance,
  type: string,
  handle: number,
): void {
  leave(core);
  const { value, own } = core.resources.drop(type, handle);
  if (own) (value as Partial<Disposable>)[Symbol.dispose]?.();
}

/** `[resource-drop]` of a resource that the cell exports. */
export function dropExported(
  core: CoreInstance,
  type: string,
  handle: number,
): void {
  leave(core);
  const { value, own } = core.resources.drop(type, handle);
  if (own) destroy(core, type, value as number);
}

/** `[resource-new]`. */
export function newHandle(
  core: CoreInstance,
  type: string,
  rep: number,
): number {
  leave(core);
  return core.resources.insert(type, rep, true);
}

/** `[resource-rep]`. */
export function repOf(
  core: CoreInstance,
  type: string,
  handle: number,
): number {
  return core.resources.get(type, handle).value as number;
}
