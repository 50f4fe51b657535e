/**
 * What `bench:graph` asks of a store that is full: proofs, and single particles.
 *
 * Deliberately absent: filling it (bench_graph.ts).
 */
import { verifyProof } from "../cells/graph/verify/mod.ts";
import { identityOf, utf8 } from "../kernel/crypto/mod.ts";
import { seededRandom } from "../node/testing/links.ts";
import {
  type benchKey,
  run,
  type Store,
  valueOf,
} from "./bench_graph_karyon.ts";
import { sha256, type Tables } from "./bench_graph_sqlite.ts";
import type { Section } from "./bench_report.ts";

const LOOKUPS = 2_000;
const PROOFS = 200;

export interface Bench {
  readonly folder: string;
  readonly links: number;
  readonly particles: number;
  readonly key: Awaited<ReturnType<typeof benchKey>>;
  readonly file: string;
  readonly store: Store;
  /** Absent: Karyon alone. */
  readonly tables: Tables | undefined;
}

export const text = (index: number) => utf8(`particle ${index}`);

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

function middle(values: readonly number[], part = 0.5): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? NaN;
}

export async function medianOf(
  times: number,
  work: (index: number) => unknown,
): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) {
    const beganMs = performance.now();
    await work(i);
    all.push((performance.now() - beganMs) * 1_000);
  }
  return middle(all);
}

/** Until the trees have taken in every link; far behind, there is no state. */
async function caughtUp({ census, proofs }: Store): Promise<void> {
  const { height } = await census();
  for (;;) {
    const answer = valueOf(await run(proofs.latest()));
    if (answer.tag === "ok" && answer.val.height === height) return;
    if (answer.tag === "err" && answer.val.tag !== "preparing") {
      valueOf(answer);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function proven(
  { store, tables, particles }: Bench,
): Promise<Section> {
  const foldMs = await timed(() => caughtUp(store));
  const random = seededRandom(3);
  const names = Array.from({ length: PROOFS }, () => text(random(particles)));
  const ids = names.map(identityOf);
  const made: { octets: Uint8Array; root: Uint8Array }[] = [];
  const make = await medianOf(PROOFS, async (i) => {
    const id = ids[i]!;
    made.push(
      valueOf(valueOf(await run(store.proofs.prove("by-particle", id, id)))),
    );
  });
  const check = await medianOf(
    PROOFS,
    (i) => verifyProof(made[i]!.octets, made[i]!.root),
  );
  const octets = middle(made.map((one) => one.octets.length));
  const section = {
    title: "What a particle's links come to",
    unit: "us",
  } as const;
  const lines = [
    { name: "Karyon, proof made", value: make, detail: `${octets} octets` },
    { name: "Karyon, proof verified", value: check, detail: "TypeScript" },
  ];
  const caught = `trees behind the links were caught up in ${
    Math.round(foldMs)
  } ms`;
  if (tables === undefined) return { ...section, lines, notes: [caught] };
  const sum = tables.ask(
    "select count(*), sum(amount) from link where origin = " +
      "(select id from particle where cid = ?1) or target = " +
      "(select id from particle where cid = ?1)",
  );
  const keys = names.map(sha256);
  const asked = await medianOf(PROOFS, (i) => sum(keys[i]!));
  return {
    ...section,
    lines: [
      ...lines,
      { name: "SQLite, not proven", value: asked, yardstick: "of not proven" },
    ],
    notes: [
      "SQLite has no proofs: it counts and adds the links up; medians",
      caught,
    ],
  };
}

export async function lookups(
  { store, tables, particles }: Bench,
): Promise<Section[]> {
  const random = seededRandom(5);
  const names = Array.from({ length: LOOKUPS }, () => text(random(particles)));
  const ids = names.map(identityOf);
  const keys = names.map(sha256);
  const numbers: number[] = [];
  const find = await medianOf(LOOKUPS, async (i) => {
    numbers.push(valueOf(await run(store.reads.find(ids[i]!))) ?? 0);
  });
  const page = await medianOf(
    LOOKUPS,
    (i) => run(store.reads.links(numbers[i]!, "inward", undefined, 10)),
  );
  const content = await medianOf(
    LOOKUPS,
    (i) => run(store.reads.content(numbers[i]!, 0n, 1024)),
  );
  const own = [
    ["A particle by its identity", find],
    ["Its ten newest links", page],
    ["Its content", content],
  ] as const;
  if (tables === undefined) {
    return own.map(([title, value]) => ({
      title,
      unit: "us",
      lines: [{ name: "Karyon", value }],
    }));
  }
  const byCid = tables.ask("select id from particle where cid = ?");
  const idOf = (i: number) => (byCid(keys[i]!) as { id: number }[])[0]?.id ?? 0;
  const rows: number[] = [];
  const sqlFind = await medianOf(LOOKUPS, (i) => rows.push(idOf(i)));
  const pageOf = tables.ask(
    "select l.*, p.cid from link l join particle p on p.id = l.origin " +
      "where l.target = ? order by l.id desc limit 10",
  );
  const sqlPage = await medianOf(LOOKUPS, (i) => pageOf(rows[i]!));
  const contentOf = tables.ask("select content from particle where id = ?");
  const sqlContent = await medianOf(LOOKUPS, (i) => contentOf(rows[i]!));
  const sqlite = [sqlFind, sqlPage, sqlContent];
  const note = `medians of ${LOOKUPS}; Karyon through the kernel's door into ` +
    "the cell, as an Effect; SQLite in the same process, a prepared statement";
  return own.map(([title, value], i) => ({
    title,
    unit: "us",
    lines: [
      { name: "Karyon", value },
      { name: "SQLite", value: sqlite[i]!, yardstick: "of SQLite" },
    ],
    notes: i === own.length - 1 ? [note] : [],
  }));
}
