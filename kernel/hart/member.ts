/**
 * A further hart, on its own thread: a machine over its share of the cells.
 *
 * It has no authority of its own: components, compiled code and the operator's
 * ear are the first hart's. Its cells run here, are scheduled, supervised and
 * swapped here. Whatever is wrong with the kernel here ends this thread, and the
 * first hart takes its cells for faulted.
 */
import { Cause, Context, Effect, Exit, Layer, Scope } from "effect";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import type { CallMessages } from "../../wit/abi/message.ts";
import { halt, startFirst, stopSlot } from "../boot.ts";
import { LoadRefused } from "../cell/nursery.ts";
import type { Checkpoint, Slot } from "../cell/slot.ts";
import { statusOf } from "../cell/status.ts";
import { apply, type Change, preview } from "../change/change.ts";
import { withdrawOf } from "../change/grants.ts";
import {
  type CompileLimits,
  type Engine,
  EngineRefusal,
} from "../engine/engine.ts";
import { Platform } from "../host/platform.ts";
import type { KernelOptions } from "../kernel.ts";
import { HART_STATUS_MS, must } from "../limits.ts";
import { Machine } from "../machine.ts";
import { Recorder } from "../record/recorder.ts";
import { recordingEngine } from "../record/recording.ts";
import { passes } from "../sched/passes.ts";
import { swap, type SwapParts } from "../swap/swap.ts";
import { Agenda } from "./agenda.ts";
import { calibrated } from "./clock.ts";
import { callOver, type Far, type FarCell } from "./far.ts";
import { Line, type LineEnds } from "./line.ts";
import { Peer, type Port } from "./peer.ts";
import type {
  Beginning,
  FirstDoes,
  HartDoes,
  LoadFault,
  Told,
} from "./protocol.ts";
import { swapPartsOf } from "./swap_parts.ts";

/** What the thread's program knows by itself: functions cannot be posted. */
export interface Program {
  readonly bindings: ReadonlyMap<string, InterfaceBinding<unknown>>;
  readonly messages: ReadonlyMap<
    string,
    Readonly<Record<string, CallMessages>>
  >;
  /** The engine over what the first hart's engine made. */
  readonly engine: (
    seat: unknown,
    prepare: (bytes: Uint8Array, limits: CompileLimits) => Promise<unknown>,
  ) => Engine["Service"];
}

/** Serves the thread's port until the thread ends. */
export function serveHart(port: Port, program: Program): void {
  const panic = (error: unknown) =>
    queueMicrotask(() => {
      throw error;
    });
  // What comes while it begins is done when it has, in order.
  const { promise: begun, resolve } = Promise.withResolvers<Member>();
  const doings: HartDoes = {
    begin: async (how) => {
      const platform = await clocked(first, panic);
      const member = new Member({ first, program, how, platform });
      member.run();
      resolve(member);
    },
    start: async (cell) => await (await begun).start(cell),
    revive: async (how) => await (await begun).revive(how),
    apply: async (change) => await (await begun).apply(change),
    preview: async (change) => await (await begun).preview(change),
    swap: async (how) => await (await begun).swap(how),
    withdraw: async (what) => await (await begun).withdraw(what),
    halt: async () => (await begun).halt(),
    stop: async (cell) => await (await begun).stop(cell),
    closeRecord: async (reason) => (await begun).closeRecord(reason),
    know: async ({ name, far }) => void (await begun).far.set(name, far),
    connected: async ({ cell, contract }) =>
      (await begun).machine.noteConnected(cell, contract),
    relink: async ({ hart, ends }) => (await begun).link(hart, ends),
    unlink: async ({ hart, reason }) => (await begun).unlink(hart, reason),
  };
  const first = new Peer<FirstDoes>(port, doings, panic);
}

/** The platform of this thread, its clock set by the first hart's. */
async function clocked(
  first: Peer<FirstDoes>,
  panic: (error: unknown) => void,
): Promise<Platform["Service"]> {
  // It lives as long as the thread.
  const scope = Effect.runSync(Scope.make());
  const context = await Effect.runPromise(
    Layer.buildWithScope(Platform.layer, scope),
  );
  const platform = Context.get(context, Platform);
  const { monotonicMs: ownMs } = platform;
  const offsetMs = await calibrated(() => first.ask("now", undefined), ownMs);
  return { ...platform, panic, monotonicMs: () => ownMs() + offsetMs };
}

interface MemberParts {
  readonly first: Peer<FirstDoes>;
  readonly program: Program;
  readonly how: Beginning;
  readonly platform: Platform["Service"];
}

class Member {
  readonly far: Map<string, FarCell>;
  readonly machine: Machine;
  readonly parts: SwapParts;
  readonly #lines = new Map<number, Line>();
  readonly #agenda: Agenda;
  readonly #told = new Map<string, string>();
  readonly #checkpoints = new Map<string, Checkpoint>();
  readonly #recorder: Recorder | undefined;

  constructor(readonly given: MemberParts) {
    const { how, program, platform } = given;
    this.far = new Map(how.far);
    const messagesOf: Far["messagesOf"] = (contract, method) =>
      program.messages.get(contract)?.[method];
    this.#recorder = recorderOf(given);
    const plain = program.engine(
      how.seat,
      (bytes, { memoryMib }) => this.#prepared(bytes, memoryMib),
    );
    const engine = this.#recorder === undefined
      ? plain
      : recordingEngine(plain, this.#recorder);
    const far: Far = {
      cells: this.far,
      messagesOf,
      call: callOver(this.far, this.#lines, messagesOf),
    };
    const place = { here: how.hart, far };
    this.machine = new Machine(
      optionsOf(given),
      engine,
      platform,
      place,
      how.memories,
    );
    this.parts = swapPartsOf(this.machine);
    this.#agenda = new Agenda({
      ...this.machine.hart,
      slotOf: (cell) => this.machine.slotByName.get(cell),
      contracts: program.bindings,
      messagesOf,
    });
    for (const [cell, names] of how.connected) {
      for (const name of names) this.machine.noteConnected(cell, name);
    }
    for (const [hart, ends] of how.lines) this.link(hart, ends);
    for (const slot of this.machine.slots) {
      if (how.unloaded.has(slot.name)) slot.state = "unloaded";
    }
  }

  /** Its fibers, until the thread ends. */
  run(): void {
    const { panic } = this.given.platform;
    const broken = (cause: Cause.Cause<never>) =>
      Effect.sync(() => panic(Cause.squash(cause)));
    for (
      const work of [
        this.machine.scheduler.run,
        this.#agenda.run,
        this.#reports,
      ]
    ) Effect.runFork(Effect.tapCause(work, broken));
  }

  slot(cell: string): Slot {
    const slot = this.machine.slotByName.get(cell);
    must(slot !== undefined, `${cell} lives on this hart`);
    return slot;
  }

  link(hart: number, ends: LineEnds): void {
    const { platform } = this.machine;
    this.unlink(hart, "there is a new line");
    this.#lines.set(
      hart,
      new Line(ends, {
        hart,
        now: platform.monotonicMs,
        serve: this.#agenda.take,
        hurried: this.#agenda.hurried,
        panic: platform.panic,
      }),
    );
  }

  unlink(hart: number, reason: string): void {
    this.#lines.get(hart)?.end(reason);
    this.#lines.delete(hart);
  }

  async start(cell: string): Promise<void> {
    await Effect.runPromise(startFirst(this.machine, this.slot(cell)));
    this.#report();
  }

  /** A new generation of what ran before, as after any other fault. */
  async revive(how: Parameters<HartDoes["revive"]>[0]): Promise<void> {
    const { nursery, platform, supervisor } = this.machine;
    const slot = this.slot(how.spec.name);
    const { component } = how;
    slot.spec = how.spec;
    slot.generations = how.generations;
    slot.faults = how.faults;
    for (const contract of how.withdrawn) slot.withdrawn.add(contract);
    slot.checkpoint = how.checkpoint;
    const compiled = await Effect.runPromise(
      Effect.result(nursery.compile(slot, component.bytes)),
    );
    if (compiled._tag === "Failure") {
      supervisor.disable(slot, compiled.failure.message);
    } else {
      slot.image = { compiled: compiled.success, version: component.version };
      slot.state = "restarting";
      slot.restartAtMs = platform.monotonicMs();
      this.machine.scheduler.poke();
    }
    this.#report();
  }

  apply(change: Change): ReturnType<HartDoes["apply"]> {
    return this.#changed(apply(this.machine, this.parts, change));
  }

  preview(change: Change): ReturnType<HartDoes["preview"]> {
    return this.#changed(preview(this.machine, change));
  }

  swap(
    { cell, component }: Parameters<HartDoes["swap"]>[0],
  ): ReturnType<HartDoes["swap"]> {
    return this.#changed(swap(this.parts, this.slot(cell), component));
  }

  withdraw(
    { cell, contract }: Parameters<HartDoes["withdraw"]>[0],
  ): ReturnType<HartDoes["withdraw"]> {
    const slot = this.slot(cell);
    return this.#changed(withdrawOf(this.machine, slot, contract));
  }

  async #changed<A>(
    change: Effect.Effect<A, LoadRefused>,
  ): Promise<Told<A, LoadFault>> {
    const done = await Effect.runPromise(Effect.exit(change));
    this.#report();
    if (Exit.isSuccess(done)) return { ok: true, value: done.value };
    const error = Cause.squash(done.cause);
    if (!(error instanceof LoadRefused)) throw error;
    return { ok: false, refusal: fieldsOf(error) };
  }

  halt(): void {
    halt(this.machine.slots);
  }

  async stop(cell: string): Promise<void> {
    await Effect.runPromise(stopSlot(this.machine, this.slot(cell)));
    this.#report();
  }

  closeRecord(reason: string): void {
    this.#recorder?.close(reason);
  }

  async #prepared(bytes: Uint8Array, memoryMib: number): Promise<unknown> {
    const { first } = this.given;
    const prepared = await first.ask("prepare", { bytes, memoryMib });
    if (prepared.ok) return prepared.value;
    throw new EngineRefusal(prepared.refusal);
  }

  readonly #reports = passes(
    Effect.gen({ self: this }, function* () {
      this.#report();
      yield* Effect.sleep(HART_STATUS_MS);
    }),
  );

  /** Tells the first hart how its cells are, also if nothing is new. */
  #report(): void {
    const { first } = this.given;
    // Who was never started may be remembered from a thread before this one.
    const begun = this.machine.slots.filter(({ state }) => state !== "absent");
    const fresh = begun.map(statusOf).filter((status) => {
      const { exports: _exports, ...rest } = status;
      const text = JSON.stringify([rest, [...status.spec.grants]]);
      const isNew = this.#told.get(status.name) !== text;
      this.#told.set(status.name, text);
      return isNew;
    });
    first.tell("status", fresh);
    for (const { name, checkpoint } of this.machine.slots) {
      if (checkpoint === undefined) continue;
      if (this.#checkpoints.get(name) === checkpoint) continue;
      this.#checkpoints.set(name, checkpoint);
      first.tell("checkpoint", { cell: name, checkpoint });
    }
  }
}

/** What this hart's cells are given and answer, told to the first hart. */
function recorderOf({ how, first }: MemberParts): Recorder | undefined {
  const { recordOctetsMax } = how;
  return recordOctetsMax === undefined ? undefined : new Recorder({
    octetsMax: recordOctetsMax,
    // A view would be posted with the whole buffer under it.
    sink: (octets) => first.tell("recorded", octets.slice()),
    onStopped: (reason) => first.tell("recordStopped", reason),
  });
}

function optionsOf({ how, first, program }: MemberParts): KernelOptions {
  const nothing = new Map<string, unknown>();
  return {
    system: how.system,
    contracts: program.bindings,
    drivers: new Map(
      [...how.drivers].map(([name, exported]) =>
        [
          name,
          new Map([...exported].map((one) => [one, nothing] as const)),
        ] as const
      ),
    ),
    absences: how.absences,
    components: ({ name }) =>
      Effect.promise(() => first.ask("component", name)).pipe(
        Effect.flatMap((told) =>
          told.ok
            ? Effect.succeed(told.value)
            : Effect.fail(new LoadRefused(told.refusal))
        ),
      ),
    unloaded: how.unloaded,
    withdrawn: how.withdrawn,
    wayBack: (cell) => Effect.promise(() => first.ask("wayBack", cell)),
    log: (line) => first.tell("log", line),
    emit: (event) => first.tell("event", event),
  };
}

function fieldsOf({ cell, stage, reason, because }: LoadRefused): LoadFault {
  return because === undefined
    ? { cell, stage, reason }
    : { cell, stage, reason, because };
}
