/**
 * SQLite's side of `bench:graph`: the same record as tables.
 *
 * Same guarantees: contents and axons are particles with the hash of their
 * octets as a unique key, each signal is signed or verified with the same key by
 * the same code, kept with its signature, and durable when done (WAL, synchronous
 * FULL). The hash is the platform's SHA-256, which is faster here than BLAKE3 in
 * JavaScript. It gets as much memory as the cell takes, and writes its log back to
 * the tables after 64 MiB, as the cell makes a checkpoint.
 *
 * Deliberately absent, since SQLite has none: a state root, proofs, and a chain
 * over the log.
 */
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { Effect, Result } from "effect";
import {
  type Composite,
  concatOctets as joined,
  identityOf,
  type Signer,
} from "../kernel/crypto/mod.ts";
import { decodeEnvelope, verifySignal } from "../node/signals/mod.ts";

const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma wal_autocheckpoint = 16384;
  create table if not exists particle
    (id integer primary key, cid blob unique not null, content blob);
  create table if not exists link
    (id integer primary key, origin integer, target integer, axon integer,
     amount integer, valence integer, height integer);
  create index if not exists link_origin on link (origin);
  create index if not exists link_target on link (target);
  create table if not exists signal
    (height integer primary key, neuron blob, signature blob);
`;

/** For each link: what the cell takes for one of a million, and some more. */
export const CACHE_OCTETS = 110;

type Row = Record<string, number | bigint | Uint8Array | null>;

export function sha256(octets: Uint8Array): Uint8Array {
  return createHash("sha256").update(octets).digest();
}

/** The identities of an envelope's contents. */
export function contentIds(envelope: Uint8Array): Uint8Array[] {
  const { contents } = Result.getOrThrow(decodeEnvelope(envelope));
  return contents.map(identityOf);
}

export interface PlainLink {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly amount: number;
}

export class Tables {
  readonly db: DatabaseSync;
  readonly #find;
  readonly #make;
  readonly #link;
  readonly #signal;
  #height = 0;

  /** With a cache of as much memory as the graph cell takes for the links. */
  constructor(readonly path: string, links: number) {
    this.db = new DatabaseSync(path);
    this.db.exec(SCHEMA);
    const kib = Math.max(2_000, Math.ceil(links * CACHE_OCTETS / 1_024));
    this.db.exec(`pragma cache_size = -${kib}`);
    this.#find = this.db.prepare("select id from particle where cid = ?");
    this.#make = this.db.prepare(
      "insert into particle (cid, content) values (?, ?)",
    );
    this.#link = this.db.prepare(
      "insert into link values (null, ?, ?, ?, ?, 0, ?)",
    );
    this.#signal = this.db.prepare("insert into signal values (?, ?, ?)");
  }

  /** Links of contents, signed here, in one durable transaction. */
  async sign(links: readonly PlainLink[], signer: Signer): Promise<void> {
    const ends = links.flatMap(({ from, to }) => [sha256(from), sha256(to)]);
    const amounts = new Float64Array(links.map(({ amount }) => amount));
    const body = joined([...ends, new Uint8Array(amounts.buffer)]);
    const signature = await signer.sign("signal", body);
    this.#transaction(signer.id, signature, () => {
      links.forEach(({ from, to, amount }, i) =>
        this.#put(
          { cid: ends[2 * i]!, content: from },
          { cid: ends[2 * i + 1]!, content: to },
          amount,
        )
      );
    });
  }

  /**
   * A signed envelope, verified, in one durable transaction. `ids` are those of
   * its contents, made before: the platform has no BLAKE3, its own hash is done
   * here in that one's place.
   */
  async accept(
    envelope: Uint8Array,
    ids: readonly Uint8Array[],
    composite: Composite,
    bundle: Uint8Array,
  ): Promise<number> {
    const { signal, contents } = Result.getOrThrow(decodeEnvelope(envelope));
    await Effect.runPromise(
      verifySignal(composite, signal, [bundle], () => Effect.succeed(bundle)),
    );
    const { links, neuron } = signal.body;
    this.#transaction(neuron, signal.signature, () => {
      for (const { from, to, amount } of links) {
        this.#put({ cid: from }, { cid: to }, Number(amount));
      }
      const fill = this.db.prepare(
        "update particle set content = ? where cid = ? and content is null",
      );
      contents.forEach((content, i) => {
        sha256(content);
        fill.run(content, ids[i]!);
      });
    });
    return links.length;
  }

  /** One link of two new texts; signed where a signer is given. */
  async one(index: number, signer: Signer | undefined): Promise<void> {
    const octets = (text: string) => new TextEncoder().encode(text);
    const [from, to] = [octets(`single ${index}`), octets(`alone ${index}`)];
    if (signer !== undefined) {
      return await this.sign([{ from, to, amount: 1 }], signer);
    }
    this.#transaction(from, to, () =>
      this.#put(
        { cid: sha256(from), content: from },
        { cid: sha256(to), content: to },
        1,
      ));
  }

  /** Octets in its files. */
  get octets(): number {
    return [this.path, `${this.path}-wal`].reduce((sum, path) => {
      try {
        return sum + Deno.statSync(path).size;
      } catch {
        return sum;
      }
    }, 0);
  }

  ask(sql: string): (...values: (number | Uint8Array)[]) => unknown {
    const statement = this.db.prepare(sql);
    return (...values) => statement.all(...values);
  }

  #transaction(neuron: Uint8Array, signature: Uint8Array, work: () => void) {
    this.db.exec("begin");
    this.#height += 1;
    work();
    this.#signal.run(this.#height, neuron, signature);
    this.db.exec("commit");
  }

  #put(from: End, to: End, amount: number): void {
    const axon = { cid: sha256(joined([from.cid, to.cid])) };
    this.#link.run(
      this.#id(from),
      this.#id(to),
      this.#id(axon),
      amount,
      this.#height,
    );
  }

  #id({ cid, content }: End): number | bigint {
    const row = this.#find.get(cid) as Row | undefined;
    const id = row?.["id"];
    if (typeof id === "number") return id;
    return this.#make.run(cid, content ?? null).lastInsertRowid;
  }
}

interface End {
  readonly cid: Uint8Array;
  readonly content?: Uint8Array;
}
