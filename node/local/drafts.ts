/**
 * Drafts of an import, several to an append, with one stage ahead of another.
 *
 * While one group of signals is signed, on another thread, the next one is read and
 * composed; while that is signed, the first is written. A group is durable at once:
 * one write, one flush. The chain is the node's own for as long as this has the
 * turn; it gives it up between two groups when somebody else waits, and when the
 * source is slow. What is refused ends it: what was told of before stays.
 */
import { Effect, Fiber, Result } from "effect";
import type { ChainEnd, Entry } from "../../wit/gen/graph_ledger.ts";
import { type Answer, Refusal } from "../api.ts";
import type { DraftsDone, DraftStream, MarkedDraft } from "../api_drafts.ts";
import { accepted, present } from "./calls.ts";
import { Gathering } from "./gathering.ts";
import type { LedgerParts } from "./ledger.ts";
import { endBehind, type OwnSignals } from "./own_signals.ts";

/** Signals that are composed, and on their way to be signed. */
interface Group {
  /** The first is the neuron's first, and brings its key. */
  readonly isFirst: boolean;
  readonly drafts: readonly MarkedDraft[];
  readonly signed: Fiber.Fiber<readonly Entry[], Refusal>;
  /** Why the draft behind them does not go in. */
  readonly refusal: Refusal | undefined;
}

/** The turn that orders all writes. */
export interface Turn {
  take<A>(write: Answer<A>): Answer<A>;
  /** Whether somebody waits for it. */
  isWanted(): boolean;
}

export function draftsOver(
  parts: LedgerParts,
  own: OwnSignals,
  turn: Turn,
): (stream: DraftStream) => Answer<DraftsDone> {
  return (stream) =>
    Effect.acquireUseRelease(
      Effect.sync(() => new Gathering(stream.drafts)),
      Effect.fnUntraced(function* (gathering) {
        const run = new Run(parts, own, turn, stream);
        while (!gathering.isOver) {
          const first = yield* Effect.promise(() => gathering.take(false));
          if (first.length > 0) {
            yield* turn.take(run.groups(gathering, first));
          }
        }
        return run.done;
      }),
      (gathering) => Effect.promise(() => gathering.stop()),
    );
}

class Run {
  done: DraftsDone = { height: 0, links: 0, drafts: 0 };
  /** Where the chain stands behind all that is composed. */
  #end: ChainEnd = { nextStep: 0n, previous: new Uint8Array() };

  constructor(
    readonly parts: LedgerParts,
    readonly own: OwnSignals,
    readonly turn: Turn,
    readonly stream: DraftStream,
  ) {}

  /** Group after group, until somebody else wants the turn or nothing more is there. */
  readonly groups = Effect.fnUntraced(
    { self: this },
    function* (
      this: Run,
      gathering: Gathering,
      first: readonly MarkedDraft[],
    ): Effect.fn.Return<void, Refusal> {
      this.#end = yield* this.own.end;
      let ahead = yield* this.#composed(first);
      while (ahead.refusal === undefined && !this.turn.isWanted()) {
        const more = yield* Effect.promise(() => gathering.take(true));
        if (more.length === 0) break;
        // What is composed already goes in, whatever the next ones come to.
        const next = yield* Effect.exit(this.#composed(more));
        yield* this.#append(ahead);
        ahead = yield* next;
      }
      yield* this.#append(ahead);
    },
  );

  readonly #composed = Effect.fnUntraced(
    { self: this },
    function* (
      this: Run,
      drafts: readonly MarkedDraft[],
    ): Effect.fn.Return<Group, Refusal> {
      const isFirst = this.#end.nextStep === 0n;
      const bodies = [];
      let refusal: Refusal | undefined;
      for (const { draft } of drafts) {
        const made = yield* Effect.result(this.own.compose(draft, this.#end));
        if (Result.isFailure(made)) {
          refusal = made.failure;
          break;
        }
        this.#end = endBehind(made.success, this.#end);
        bodies.push(made.success);
      }
      if (refusal !== undefined && bodies.length === 0) return yield* refusal;
      const signed = yield* Effect.forkChild(
        Effect.all(bodies.map((body) => this.own.sign(body)), {
          concurrency: "unbounded",
        }),
      );
      return { isFirst, drafts, signed, refusal };
    },
  );

  /** In one append, or in several where something waits for a height between. */
  readonly #append = Effect.fnUntraced(
    { self: this },
    function* (
      this: Run,
      { isFirst, drafts, signed, refusal }: Group,
    ): Effect.fn.Return<void, Refusal> {
      const entries = yield* Fiber.join(signed);
      const { ledger, atHeight } = this.parts;
      for (let at = 0; at < entries.length;) {
        // The key's particle is numbered behind all links of its append: whatever
        // signals share theirs, numbers are the same.
        const wanted = isFirst && at === 0 ? 1 : entries.length - at;
        const end = at + (yield* this.#room(wanted));
        const { key } = this.stream;
        const value = drafts[end - 1]?.mark;
        const receipts = yield* accepted(ledger.append(
          entries.slice(at, end),
          key === undefined || value === undefined ? undefined : { key, value },
        ));
        const last = receipts.at(-1);
        if (last === undefined) return yield* noReceipt();
        const { links, drafts: before } = this.done;
        this.done = {
          height: Number(last.height),
          links: receipts.reduce((sum, receipt) => sum + receipt.links, links),
          drafts: before + end - at,
        };
        yield* atHeight(last.height);
        this.stream.told?.(this.done);
        at = end;
      }
      if (refusal !== undefined) return yield* refusal;
    },
  );

  /** Of so many signals, those that go before what waits for a height. */
  readonly #room = Effect.fnUntraced(
    { self: this },
    function* (this: Run, wanted: number): Effect.fn.Return<number, Refusal> {
      const next = yield* this.parts.nextHeight;
      if (next === undefined) return wanted;
      const { height } = yield* present(this.parts.reads.count());
      const room = next > height ? next - height : 1n;
      return room < wanted ? Number(room) : wanted;
    },
  );
}

export function noReceipt() {
  return new Refusal({
    kind: "failed",
    message: "the graph accepted a signal and gave no receipt",
  });
}
