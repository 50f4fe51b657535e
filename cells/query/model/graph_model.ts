/**
 * A small graph in memory that answers as `karyon:graph/reads` says.
 *
 * For tests of cells that read a graph. It can be made absent, counts the
 * calls it gets, and keeps contents and links in the order they were added.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import type {
  Absence,
  Census,
  Columns,
  Link,
  Page,
  Particle,
  Reads,
  Texts,
} from "../../../wit/gen/graph_reads.ts";

type Answer<T> = { tag: "ok"; val: T } | { tag: "err"; val: Absence };

interface Row {
  id: Uint8Array;
  content: Uint8Array | undefined;
  out: number[];
  in: number[];
  axon: [number, number] | undefined;
}

const encoder = new TextEncoder();

export function cidOf(octets: Uint8Array): Uint8Array {
  const id = new Uint8Array(33);
  id[0] = 1;
  id.set(blake3(octets), 1);
  return id;
}

export function cidOfText(text: string): Uint8Array {
  return cidOf(encoder.encode(text));
}

export function hex(octets: Uint8Array): string {
  return Array.from(octets, (o) => o.toString(16).padStart(2, "0")).join("");
}

export function axonOf(from: Uint8Array, to: Uint8Array): Uint8Array {
  const ends = new Uint8Array(66);
  ends.set(from, 0);
  ends.set(to, 33);
  return cidOf(ends);
}

export class GraphModel implements Reads {
  readonly rows: Row[] = [];
  readonly edges: Link[] = [];
  /** Particle numbers in the order in which their contents came. */
  readonly came: number[] = [];
  absence: Absence | undefined = undefined;
  calls = 0;
  readonly #numbers = new Map<string, number>();

  /** The particle's number; its content arrives unless told otherwise. */
  add(content: string | Uint8Array, arrives = true): number {
    const octets = typeof content === "string"
      ? encoder.encode(content)
      : content;
    const number = this.#numberOf(cidOf(octets));
    const row = this.rows[number];
    if (row && arrives && row.content === undefined) {
      row.content = octets;
      this.came.push(number);
    }
    return number;
  }

  /** Adds a link and, as the graph does, its axon. */
  link(origin: number, target: number, amount = 1n, valence = 0): void {
    const index = this.edges.length;
    this.edges.push({
      index: BigInt(index),
      neuron: cidOfText("a neuron"),
      origin,
      target,
      token: cidOfText("karyon"),
      amount,
      valence,
      height: BigInt(index + 1),
    });
    const from = this.#row(origin);
    const to = this.#row(target);
    from.out.push(index);
    to.in.push(index);
    this.#row(this.#numberOf(axonOf(from.id, to.id))).axon = [origin, target];
  }

  count(): Answer<Census> {
    return this.#answer(() => ({
      height: BigInt(this.edges.length),
      particles: this.rows.length,
      links: BigInt(this.edges.length),
      axons: 0,
      neurons: 1,
      contents: this.came.length,
      deviceUsed: 0n,
      deviceCapacity: 0n,
      memoryUsed: 0n,
    }));
  }

  identify(content: Uint8Array): Answer<Uint8Array> {
    return this.#answer(() => cidOf(content));
  }

  find(id: Uint8Array): Answer<number | undefined> {
    return this.#answer(() => this.#numbers.get(hex(id)));
  }

  describe(particle: number): Answer<Particle | undefined> {
    return this.#answer(() => {
      const row = this.rows[particle];
      return row && {
        id: row.id,
        size: row.content && BigInt(row.content.length),
        linksOut: row.out.length,
        linksIn: row.in.length,
        axon: row.axon,
      };
    });
  }

  identities(particles: Uint32Array): Answer<Uint8Array[]> {
    if (particles.length > 1000) throw new Error("more than 1000 at once");
    return this.#answer(() =>
      Array.from(particles).flatMap((number) => {
        const row = this.rows[number];
        return row ? [row.id] : [];
      })
    );
  }

  content(
    particle: number,
    offset: bigint,
    length: number,
  ): Answer<Uint8Array | undefined> {
    if (length > 1 << 20) throw new Error("more than 1 MiB at once");
    return this.#answer(() => {
      const octets = this.rows[particle]?.content;
      if (octets === undefined) return undefined;
      const from = offset > BigInt(octets.length)
        ? octets.length
        : Number(offset);
      return octets.slice(from, from + length);
    });
  }

  /** The cursor is the position in the particle's list where to go on. */
  links(
    particle: number,
    side: "outward" | "inward",
    cursor: bigint | undefined,
    limit: number,
  ): Answer<Page> {
    if (limit < 1 || limit > 1000) throw new Error(`limit ${limit}`);
    return this.#answer(() => {
      const row = this.#row(particle);
      const all = (side === "outward" ? row.out : row.in).toReversed();
      const from = cursor === undefined
        ? 0
        : cursor > BigInt(all.length)
        ? all.length
        : Number(cursor);
      const links = all.slice(from, from + limit)
        .map((index) => this.edges[index])
        .filter((edge) => edge !== undefined);
      const next = from + links.length < all.length
        ? BigInt(from + links.length)
        : undefined;
      return { links, next };
    });
  }

  scan(): Answer<Columns> {
    throw new Error("the query cell does not scan");
  }

  arrivals(index: number, octets: number): Answer<Texts> {
    if (octets > 1 << 20) throw new Error("more than 1 MiB at once");
    return this.#answer(() => {
      const items = [];
      let left = octets;
      let next = index;
      for (; next < this.came.length; next++) {
        const particle = this.came[next];
        if (particle === undefined) break;
        const content = this.#row(particle).content ?? new Uint8Array();
        if (items.length > 0 && content.length > left) break;
        items.push({ particle, octets: content.slice(0, octets) });
        left -= content.length;
      }
      return { items, next };
    });
  }

  #answer<T>(value: () => T): Answer<T> {
    this.calls++;
    return this.absence === undefined
      ? { tag: "ok", val: value() }
      : { tag: "err", val: this.absence };
  }

  #row(number: number): Row {
    const row = this.rows[number];
    if (row === undefined) throw new Error(`no particle ${number}`);
    return row;
  }

  #numberOf(id: Uint8Array): number {
    const key = hex(id);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.rows.length;
    this.rows.push({
      id,
      content: undefined,
      out: [],
      in: [],
      axon: undefined,
    });
    this.#numbers.set(key, number);
    return number;
  }
}
