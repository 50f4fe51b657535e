/**
 * The graph cell: drafts, signals, bookmarks, arguments of proofs and reads.
 *
 * What the cell takes, the host's own decoders take, and the other way round. A
 * refusal leaves the cell as it was; before it is renewed it still takes a good
 * signal.
 */
import { Result } from "effect";
import type { GraphCell } from "../../../cells/graph/testing/graph_cell.ts";
import {
  bodyOf,
  contentsOf,
  identityOf,
  joined,
  number,
  signed,
} from "../../../cells/graph/testing/signals.ts";
import { INDEXES, verifyProof } from "../../../cells/graph/verify/mod.ts";
import {
  composeBody,
  decodeContents,
  decodeDraft,
  decodeSignal,
  encodeDraft,
} from "../../../node/signals/mod.ts";
import {
  hold,
  isCanonical,
  type Subject,
  type Target,
  type Verdict,
} from "../target.ts";
import {
  answersOf,
  type Base,
  baseOf,
  isUntouched,
  NETWORK,
  openBase,
} from "./graph_cell.ts";
import { someDrafts } from "./signals.ts";

const APPENDS = 3;

interface Room {
  readonly base: Base;
  readonly cell: GraphCell;
  /** What the cell answered when it was opened. */
  readonly before: string;
  /** It took something: it is opened anew before the next run. */
  stale: boolean;
}

type Run = (octets: Uint8Array, room: Room) => Verdict;

function graphTarget(
  target: Omit<Target, "open" | "form">,
  seeds: (base: Base) => readonly Uint8Array[],
  run: Run,
): Target {
  return { form: "octets", ...target, open: () => openSubject(seeds, run) };
}

async function openSubject(
  seeds: (base: Base) => readonly Uint8Array[],
  run: Run,
): Promise<Subject> {
  const base = await baseOf(APPENDS);
  const enter = async (): Promise<Room> => {
    const cell = await openBase(base);
    return { base, cell, before: answersOf(cell, base), stale: false };
  };
  let room = await enter();
  const renew = async () => {
    room = await enter();
  };
  return {
    seeds: seeds(base),
    run: async (octets) => {
      if (room.stale) await renew();
      const verdict = run(octets, room);
      if (!room.stale) isUntouched(room.before, room.cell, room.base);
      return verdict;
    },
    renew,
    held: () => room.cell.memory.buffer.byteLength,
  };
}

interface Entry {
  readonly signal: Uint8Array;
  readonly contents: Uint8Array;
}

/** Signals that the record of the base takes next. */
function someEntries({ history }: Base): Entry[] {
  return Array.from({ length: 4 }, () => history.entry([]))
    .map(({ signal, contents }) => ({
      signal: signed(bodyOf(signal)),
      contents: contentsOf(contents),
    }));
}

const envelope = ({ signal, contents }: Entry): Uint8Array =>
  joined([number(signal.length, 4), signal, contents]);

/** Any octets as a signal and contents. */
function entryIn(octets: Uint8Array): Entry {
  const rest = octets.slice(4);
  const length = new DataView(octets.slice(0, 4).buffer);
  const end = octets.length < 4
    ? 0
    : Math.min(length.getUint32(0, true), rest.length);
  return { signal: rest.slice(0, end), contents: rest.slice(end) };
}

function runCompose(octets: Uint8Array, { cell, base }: Room): Verdict {
  const [neuron = NETWORK] = base.history.neurons;
  const time = 1_796_000_000_000n;
  const answer = cell.ledger.compose(neuron, NETWORK, time, undefined, octets);
  const draft = decodeDraft(octets);
  if (answer.tag === "err") {
    const { tag } = answer.val;
    hold(tag === "malformed", `a draft is refused as ${tag}`);
    hold(Result.isFailure(draft), `the host takes it: ${answer.val.val}`);
    return "refused";
  }
  hold(Result.isSuccess(draft), `the host refuses it: ${draft}`);
  const { nextStep: step, previous } = cell.ledger.head(neuron);
  const place = { network: NETWORK, neuron, step, previous, time };
  const { body, signal } = answer.val;
  isCanonical(composeBody(place, draft.success).body, body);
  hold(
    signal.toHex() === identityOf(body).toHex(),
    "the signal has another name",
  );
  // The same draft again, as the signal behind that one.
  const after = { nextStep: step + 1n, previous: signal };
  const next = cell.ledger.compose(neuron, NETWORK, time, after, octets);
  hold(next.tag === "ok", "it is refused behind itself");
  const behind = { ...place, step: after.nextStep, previous: signal };
  isCanonical(composeBody(behind, draft.success).body, next.val.body);
  return "taken";
}

/** Whether each content is an end of a link of the signal. */
function hasLinks(entry: Entry): boolean {
  const signal = decodeSignal(entry.signal);
  const contents = decodeContents(entry.contents);
  if (Result.isFailure(signal) || Result.isFailure(contents)) return false;
  const ends = new Set(
    signal.success.body.links.flatMap(({ from, to }) => [
      from.toHex(),
      to.toHex(),
    ]),
  );
  // The key bundle of the neuron needs no link.
  ends.add(signal.success.body.neuron.toHex());
  return contents.success.every((one) => ends.has(identityOf(one).toHex()));
}

function runAppend(octets: Uint8Array, room: Room): Verdict {
  const entry = entryIn(octets);
  const answer = room.cell.ledger.append([entry], undefined);
  if (answer.tag === "ok") {
    room.stale = true;
    // A content may also belong to what the record knew before.
    hold(
      Result.isSuccess(decodeSignal(entry.signal)) &&
        Result.isSuccess(decodeContents(entry.contents)),
      "the host refuses it",
    );
    return "taken";
  }
  const { tag } = answer.val;
  if (tag === "malformed") {
    hold(!hasLinks(entry), `the host takes it: ${answer.val.val}`);
  } else {
    hold(
      Result.isSuccess(decodeSignal(entry.signal)),
      `the host refuses its form, the cell says ${tag}`,
    );
  }
  return "refused";
}

/** Length of the key (1), key, value: with a good signal. */
function runBookmark(
  octets: Uint8Array,
  room: Room,
  entry: Entry,
): Verdict {
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  const end = 1 + (octets[0] ?? 0);
  const key = text.decode(octets.slice(1, end));
  const value = text.decode(octets.slice(end));
  const answer = room.cell.ledger.append([entry], { key, value });
  if (answer.tag === "err") return "refused";
  room.stale = true;
  const found = room.cell.ledger.recall(key);
  hold(found === (value === "" ? undefined : value), "another note comes back");
  return "taken";
}

/** Index (1), length of the first namespace (1), first, last. */
function runProve(octets: Uint8Array, { cell }: Room): Verdict {
  const index = INDEXES[(octets[0] ?? 0) % INDEXES.length] ?? "focus";
  const end = 2 + (octets[1] ?? 0);
  const first = octets.slice(2, end);
  const last = octets.slice(end);
  const answer = cell.proofs.prove(index, first, last);
  hold(answer.tag === "ok", "it is not there");
  if (answer.val.tag === "err") return "refused";
  const proof = answer.val.val;
  const proven = verifyProof(proof.octets, proof.root);
  isCanonical(first, proven.first);
  isCanonical(proof.last, proven.last);
  return "taken";
}

const U64_OCTETS = 8;

/** Which function (1), four numbers of 8 octets, octets. */
function runArguments(octets: Uint8Array, { cell }: Room): Verdict {
  const padded = new Uint8Array(1 + 4 * U64_OCTETS);
  padded.set(octets.subarray(0, padded.length));
  const view = new DataView(padded.buffer);
  const rest = octets.slice(padded.length);
  const wide = (at: number) => view.getBigUint64(1 + U64_OCTETS * at, true);
  const small = (at: number) => view.getUint32(1 + U64_OCTETS * at, true);
  const { reads, ledger } = cell;
  const cursor = small(2) % 2 === 0 ? undefined : wide(1);
  const side = small(3) % 2 === 0 ? "outward" as const : "inward" as const;
  const calls: (() => { readonly tag: string } | undefined | string)[] = [
    () => reads.identify(rest),
    () => reads.find(rest),
    () => reads.describe(small(0)),
    () => reads.identities(new Uint32Array([small(0), small(1), small(2), 0])),
    () => reads.content(small(0), wide(1), small(2)),
    () => reads.links(small(0), side, cursor, small(3)),
    () => reads.scan(wide(0), small(1)),
    () => reads.arrivals(small(0), small(1)),
    () => ledger.head(rest).previous.toHex(),
    () => ledger.recall(new TextDecoder().decode(rest)),
    () => ledger.compose(rest, NETWORK, wide(0), undefined, rest),
    () => ledger.compose(NETWORK, rest, wide(0), undefined, rest),
    () => ledger.append([], undefined),
  ];
  const answer = calls[(padded[0] ?? 0) % calls.length]?.();
  return typeof answer === "object" && answer.tag === "err"
    ? "refused"
    : "taken";
}

const someArguments = (base: Base): Uint8Array[] => {
  const [neuron = NETWORK] = base.history.neurons;
  return Array.from({ length: 10 }, (_, method) =>
    joined([
      Uint8Array.of(method),
      number(3, 8),
      number(1, 8),
      number(5, 8),
      number(7, 8),
      neuron,
    ]));
};

function someRanges({ history }: Base): Uint8Array[] {
  const [neuron = NETWORK] = history.neurons;
  const head = (index: number) => Uint8Array.of(index, neuron.length);
  return [
    joined([head(0), neuron, neuron]),
    joined([head(1), new Uint8Array(33), new Uint8Array(33).fill(255)]),
  ];
}

let bookmarked: Entry | undefined;

export const GRAPH: readonly Target[] = [
  graphTarget(
    { name: "graph-compose", about: "compose(draft) of the graph cell" },
    () => someDrafts().map((links) => encodeDraft(links)),
    runCompose,
  ),
  graphTarget(
    {
      name: "graph-append",
      about: "append(signal, contents) of the cell",
      cost: 2,
    },
    (base) => someEntries(base).map(envelope),
    runAppend,
  ),
  graphTarget(
    {
      name: "graph-bookmark",
      about: "the note of an append",
      cost: 5,
      octetsMax: 2048,
    },
    (base) => {
      bookmarked = someEntries(base)[0];
      const text = new TextEncoder().encode("key 1at 7 ✓");
      return [joined([Uint8Array.of(5), text])];
    },
    (octets, room) => {
      if (bookmarked === undefined) throw new Error("it was not opened");
      return runBookmark(octets, room, bookmarked);
    },
  ),
  graphTarget(
    { name: "graph-prove", about: "arguments of prove", octetsMax: 300 },
    someRanges,
    runProve,
  ),
  graphTarget(
    {
      name: "graph-arguments",
      about: "arguments of everything else that the cell answers",
      octetsMax: 4096,
    },
    someArguments,
    runArguments,
  ),
];
