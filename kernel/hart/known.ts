/**
 * What the first hart knows of the cells of others: what they told last, also
 * where their hart has ended since, and the components that they ran.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import type { Component } from "../cell/nursery.ts";
import type { Checkpoint } from "../cell/slot.ts";
import { type CellStatus, unheard } from "../cell/status.ts";
import { must } from "../limits.ts";
import type { CellSpec, System } from "../manifest/system_file.ts";
import type { FarCell } from "./far.ts";

/** Components that a cell could be started from again. */
const COMPONENTS_KEPT = 16;

export class Known {
  readonly cells = new Map<string, FarCell>();
  /** The last ones, from which cells go on whose hart has ended. */
  readonly checkpoints = new Map<string, Checkpoint>();
  readonly #statuses = new Map<string, CellStatus>();
  readonly #components = new Map<string, Component>();
  /** What other harts were told last, by cell. */
  readonly #shared = new Map<string, string>();

  constructor(system: System) {
    for (const spec of system.cells.values()) {
      if ((spec.hart ?? 0) > 0) this.expect(spec);
    }
  }

  /** A cell that is about to be loaded. */
  expect(spec: CellSpec): void {
    if (this.cells.has(spec.name)) return;
    this.cells.set(spec.name, { spec, exports: undefined, wayBackMs: 0 });
  }

  /** Takes back `expect` of a cell that was not loaded. */
  forget(cell: string): void {
    if (!this.#statuses.has(cell)) this.cells.delete(cell);
  }

  spec(cell: string): CellSpec {
    const spec = this.cells.get(cell)?.spec;
    must(spec !== undefined, `${cell} is known`);
    return spec;
  }

  status(cell: string): CellStatus {
    return this.#statuses.get(cell) ?? unheard(this.spec(cell));
  }

  get statuses(): ReadonlyArray<CellStatus> {
    return [...this.#statuses.values()];
  }

  /** All cells of a hart. */
  of(hart: number): CellStatus[] {
    return [...this.cells.values()]
      .filter(({ spec }) => spec.hart === hart)
      .map(({ spec }) => this.status(spec.name));
  }

  note(status: CellStatus): void {
    const { name, spec, exports, wayBackMs } = status;
    this.#statuses.set(name, status);
    this.cells.set(name, { spec, exports, wayBackMs });
  }

  /** Whether this is new to other harts; they are to be told then. */
  isNews(name: string, { spec, exports, wayBackMs }: FarCell): boolean {
    const { grants, ...rest } = spec;
    const text = JSON.stringify([rest, wayBackMs, [...grants], [
      ...exports ?? [],
    ]]);
    if (this.#shared.get(name) === text) return false;
    this.#shared.set(name, text);
    return true;
  }

  /** The component that a cell ran last. */
  component({ hash }: CellStatus): Component | undefined {
    return this.#components.get(hash);
  }

  remember(component: Component): void {
    this.#components.set(blake3(component.bytes).toHex(), component);
    const inUse = new Set(this.statuses.map(({ hash }) => hash));
    for (const hash of this.#components.keys()) {
      if (this.#components.size <= COMPONENTS_KEPT) break;
      if (!inUse.has(hash)) this.#components.delete(hash);
    }
  }
}
