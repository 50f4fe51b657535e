/**
 * Calls from other harts, served by earliest deadline.
 *
 * A call of a soft cell is a job that may be parked: between two slices the
 * event loop and the scheduler have their turn, and another call with an earlier
 * deadline goes first. What stands in its way is driven for it. A call that
 * nobody outside waits for lives on the callee's reservation and on slack.
 *
 * Deliberately absent: a bound on how many wait. Each line has one.
 */
import { Effect } from "effect";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import type { CallMessages } from "../../wit/abi/message.ts";
import type { Ask, Hurry } from "../../wit/gen/kernel_hart.ts";
import { blockerOf, drive, type Hart, waitsOf } from "../call/boundary.ts";
import type { Outcome } from "../call/calls.ts";
import { unready } from "../call/readiness.ts";
import { Job, type Origin, type Urgency } from "../call/job.ts";
import type { Slot } from "../cell/slot.ts";
import { CALL_SLICE_MS, EPOCH_MS, must, QUIET_MS } from "../limits.ts";
import { passes } from "../sched/passes.ts";
import type { Line } from "./line.ts";

type AnyFunction = (...args: unknown[]) => unknown;
type Anything = Record<string, AnyFunction>;

export interface AgendaParts extends Hart {
  readonly slotOf: (cell: string) => Slot | undefined;
  readonly contracts: ReadonlyMap<string, InterfaceBinding<unknown>>;
  readonly messagesOf: (
    contract: string,
    method: string,
  ) => CallMessages | undefined;
}

interface Entry {
  readonly line: Line;
  readonly number: number;
  readonly slot: Slot;
  readonly binding: InterfaceBinding<Anything>;
  readonly method: string;
  readonly args: unknown[];
  readonly origin: Origin;
  readonly reply: (outcome: Outcome<unknown>) => void;
  /** When it is over, however it stands. */
  endMs: number;
  /** Its own urgency, or that of who waits for its caller. */
  urgency: Urgency;
  job: Job<unknown> | undefined;
}

export class Agenda {
  readonly #entries = new Set<Entry>();
  #wake: (() => void) | undefined;
  #isPoked = false;

  constructor(readonly parts: AgendaParts) {}

  /** A call has come; its caller learns what it came to, once. */
  readonly take = (ask: Ask, line: Line): void => {
    const { calls, contracts, messagesOf, slotOf } = this.parts;
    const { number, cell, contract, function: method, path } = ask;
    const messages = messagesOf(contract, method);
    const reply = (outcome: Outcome<unknown>) =>
      line.reply(number, messages, outcome);
    const slot = slotOf(cell);
    const binding = contracts.get(contract);
    if (slot === undefined) return reply(refused("no such cell lives here"));
    must(
      binding !== undefined && messages !== undefined,
      `harts know the same contracts: ${contract} ${method}`,
    );
    if (path.includes(cell)) return reply(refused("it is in a call already"));
    const nowMs = calls.now();
    if (ask.demanded) calls.demandAtMs = nowMs;
    const taken = line.decoded(messages.ask, ask.arguments);
    const endMs = Math.min(ask.endMs, nowMs + slot.spec.callMs);
    this.#entries.add({
      line,
      number,
      slot,
      binding: binding as InterfaceBinding<Anything>,
      method,
      args: Array.isArray(taken) ? taken : [],
      origin: { path, endMs: ask.endMs, isDemanded: ask.demanded },
      reply,
      endMs,
      urgency: { endMs, isDemanded: ask.demanded },
      job: undefined,
    });
    this.#poke();
  };

  /** Somebody more urgent waits for the caller of an entry: it inherits. */
  readonly hurried = (hurry: Hurry, line: Line): void => {
    for (const entry of this.#entries) {
      if (entry.line !== line || entry.number !== hurry.number) continue;
      const { endMs, isDemanded } = entry.urgency;
      entry.urgency = {
        endMs: Math.min(endMs, hurry.endMs),
        isDemanded: isDemanded || hurry.demanded,
      };
      this.#waitsOf(entry, entry.urgency);
      this.#poke();
    }
  };

  /** Serves calls until interrupted. */
  readonly run: Effect.Effect<never> = passes(
    Effect.gen({ self: this }, function* () {
      this.#isPoked = false;
      const next = this.#next();
      if (next === undefined) return yield* this.#rest;
      yield* Effect.promise(() => this.#advance(next));
      yield* Effect.promise(this.parts.turn);
    }),
  );

  #poke(): void {
    this.#isPoked = true;
    void Promise.resolve().then(() => this.#wake?.());
  }

  /** Of those that can go on now the one with the earliest deadline. */
  #next(): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      const isSooner = next === undefined ||
        entry.urgency.endMs < next.urgency.endMs;
      if (isSooner && this.#canGoOn(entry)) next = entry;
    }
    return next;
  }

  #canGoOn(entry: Entry): boolean {
    const isOver = this.parts.calls.now() >= entry.endMs;
    if (isOver && entry.job === undefined) return true;
    // What it waits for itself it does not wait for any more.
    if (isOver) entry.job?.expire();
    return this.#waitsOf(entry) === undefined &&
      (isOver || this.#isPaid(entry));
  }

  /** What it waits for of another hart, itself or through who is in its way. */
  #waitsOf(
    { job, slot }: Entry,
    who?: Urgency,
  ): Promise<void> | undefined {
    const first = job ?? blockerOf(this.parts, slot);
    return first && waitsOf(this.parts, first, who);
  }

  /** By whoever waits outside, the callee's reservation, or slack. */
  #isPaid({ urgency, slot }: Entry): boolean {
    if (urgency.isDemanded) return true;
    const { calls } = this.parts;
    const nowMs = calls.now();
    const budgetMs = slot.spec.budgetMs || CALL_SLICE_MS;
    return nowMs - calls.demandAtMs >= QUIET_MS ||
      slot.meter.usedMs(calls.epochOf(nowMs)) < budgetMs;
  }

  async #advance(entry: Entry): Promise<void> {
    this.parts.hardDue();
    const { job, slot, endMs } = entry;
    if (job !== undefined) {
      await drive(this.parts, job, CALL_SLICE_MS);
      return;
    }
    const isOver = this.parts.calls.now() >= endMs;
    if (isOver) return this.#end(entry, refused("its deadline has passed"));
    const blocker = blockerOf(this.parts, slot);
    if (blocker === undefined) return await this.#begin(entry);
    await drive(this.parts, blocker, CALL_SLICE_MS);
  }

  async #begin(entry: Entry): Promise<void> {
    const { calls } = this.parts;
    const { slot, binding, method, args, origin } = entry;
    const reason = unready(slot, binding);
    if (reason !== undefined) return this.#end(entry, refused(reason));
    const nowMs = calls.now();
    const limitMs = Math.min(slot.spec.callMs, origin.endMs - nowMs);
    // Now it has its cell; on one hart it would have so long, too.
    entry.endMs = nowMs + limitMs;
    const during = `${binding.name} ${method}`;
    const begun = slot.spec.class === "soft"
      ? calls.begin(slot, { binding, method }, args, {
        during,
        limitMs,
        origin,
        ended: (outcome) => this.#end(entry, outcome),
      })
      : undefined;
    if (begun instanceof Job) {
      entry.job = begun;
      return await begun.run(CALL_SLICE_MS);
    }
    this.#end(
      entry,
      begun ?? calls.invoke(slot, during, slot.spec.callMs, (generation) => {
        const called = generation.bound(binding)[method];
        must(called !== undefined, `${binding.name} has ${method}`);
        return called(...args);
      }, origin.endMs),
    );
  }

  #end(entry: Entry, outcome: Outcome<unknown>): void {
    this.#entries.delete(entry);
    entry.reply(outcome);
  }

  /** Until a call comes, an answer, a deadline, or a new reservation. */
  readonly #rest = Effect.suspend(() => {
    if (this.#isPoked) return Effect.promise(this.parts.turn);
    const { calls } = this.parts;
    const nowMs = calls.now();
    let wakeAtMs = Infinity;
    for (const entry of this.#entries) {
      const waits = this.#waitsOf(entry, entry.urgency);
      void waits?.then(() => this.#poke());
      const nextMs = waits === undefined ? nowMs + EPOCH_MS : Infinity;
      wakeAtMs = Math.min(wakeAtMs, entry.endMs, nextMs);
    }
    const woken = Effect.callback<void>((resume) => {
      this.#wake = () => resume(Effect.void);
      return Effect.sync(() => {
        this.#wake = undefined;
      });
    });
    return wakeAtMs === Infinity
      ? woken
      : Effect.raceFirst(Effect.sleep(Math.max(wakeAtMs - nowMs, 1)), woken);
  });
}

function refused(reason: string): Outcome<never> {
  return { ok: false, absence: "refused", reason, generation: 0 };
}
