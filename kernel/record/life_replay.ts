/**
 * Lives one recorded life again, call by call, and compares.
 *
 * A call is run once its end is known, with hosts that answer from the recording
 * (script.ts). What time or its surroundings ended on the recording is compared up
 * to there. After the first difference the life is over.
 */
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import {
  type CellInstance,
  type CellTrap,
  type EngineRefusal,
  type Guarded,
} from "../engine/engine.ts";
import { parting, shown } from "./difference.ts";
import {
  bodyOf,
  Breaking,
  breakingOf,
  Disposed,
  type Frame,
  type LifeHead,
  readCall,
  Reason,
  valueOf,
} from "./frame.ts";
import {
  CALL_FRAMES_MAX,
  FRAME_OCTETS_MAX,
  REPLAY_MS_MAX,
  REPLAY_MS_MIN,
  REPLAY_TIMES,
  STOPPED_MS_MIN,
  STOPPED_TIMES,
} from "./limits.ts";
import { Misread, OctetWriter, sameOctets } from "./octets.ts";
import type { LifeReport } from "./report.ts";
import { type Deviation, inWords, Script } from "./script.ts";
import { writeValue } from "./value.ts";

/** Ends that a cell did not come to by itself: not the same everywhere. */
const OUTER_ENDS = new Set(["deadline", "cancelled", "fuel", "stack"]);

type AnyFunction = (...args: unknown[]) => unknown;

const STARTING = "being instantiated";

export class LifeReplay {
  readonly script = new Script();
  isOver = false;
  readonly #head: LifeHead;
  readonly #contracts: ReadonlyMap<string, InterfaceBinding<unknown>>;
  readonly #out = new OctetWriter(FRAME_OCTETS_MAX);
  readonly #bound = new Map<string, Record<string, AnyFunction>>();
  #instance: CellInstance | undefined;
  #open: Frame | "start" | undefined = "start";
  #pending: Frame[] = [];
  #calls = 0;
  #octets = 0;
  #during = STARTING;
  #replayed = "";
  #end = "still alive at the end of the recording";
  #deviation: Deviation | undefined;

  constructor(
    head: LifeHead,
    contracts: ReadonlyMap<string, InterfaceBinding<unknown>>,
  ) {
    this.#head = head;
    this.#contracts = contracts;
  }

  report(): LifeReport {
    const { cell, generation, hash } = this.#head;
    const deviation = this.#deviation;
    return {
      cell,
      generation,
      recorded: hash,
      replayed: this.#replayed,
      calls: this.#calls,
      questions: this.script.questions,
      octets: this.#octets + this.script.octets,
      end: this.#end,
      ...(deviation === undefined ? {} : {
        difference: {
          cell,
          generation,
          during: this.#during,
          ...deviation,
        },
      }),
    };
  }

  /** To be called before it is instantiated, with the frame that says how that went. */
  beginStart(replayed: string, end: Frame): void {
    this.#replayed = replayed;
    this.script.begin(this.#taken(), isOuterEnd(end) ? undefined : end);
  }

  /** It was instantiated, or not, by the engine that replays. */
  started(
    made: CellInstance | EngineRefusal | CellTrap,
    end: Frame,
  ): void {
    this.#open = undefined;
    const isMade = !(made instanceof Error);
    if (isMade) this.#instance = made;
    const got = isMade ? "ready" : inEnding(made);
    const own = this.#ownEnd(end, isMade ? undefined : made);
    if (own === undefined) return;
    const want = end.kind === "ready" ? "ready" : inWords(end);
    if (want !== got) {
      return this.#differs({
        frame: end.number,
        what: "ending",
        path: "",
        want,
        got,
      });
    }
    if (!isMade) this.#over(`refused as recorded: ${got}`);
  }

  /** Every frame of the life but its head, `ready` and `refused`. */
  feed(frame: Frame): void {
    if (this.isOver) return;
    switch (frame.kind) {
      case "asked":
      case "told":
      case "threw":
        return this.#keep(frame);
      case "call":
        if (this.#open !== undefined) throw new Misread("a call in a call");
        this.#open = frame;
        return;
      case "dropped":
        this.#open = undefined;
        return;
      case "answered":
        return this.#run(frame);
      case "ended":
        if (this.#open !== undefined) return this.#run(frame);
        return this.#over(`ended between calls: ${inWords(frame)}`);
      case "disposed":
        return this.#disposed(bodyOf(frame, Disposed).memoryOctets, frame);
      case "lost":
        return this.#over(`not recorded on: ${bodyOf(frame, Reason).reason}`);
      default:
        throw new Misread(`"${frame.kind}" in the midst of a life`);
    }
  }

  /** The recording has no more of it. */
  finish(): void {
    if (this.isOver) return;
    if (this.#open !== undefined && this.#open !== "start") {
      this.#run(undefined);
    }
    this.#release();
  }

  #keep(frame: Frame): void {
    const isReply = frame.kind !== "asked";
    const isAwaited = this.#pending.length % 2 === 1;
    if (this.#open === undefined || isReply !== isAwaited) {
      throw new Misread(`"${frame.kind}" at the wrong time`);
    }
    if (this.#pending.length === CALL_FRAMES_MAX) {
      throw new Misread(`a call has more than ${CALL_FRAMES_MAX} frames`);
    }
    this.#pending.push(frame);
  }

  #taken(): readonly Frame[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  #run(end: Frame | undefined): void {
    const call = this.#open;
    if (call === undefined || call === "start") {
      throw new Misread("an end without a call");
    }
    this.#open = undefined;
    const wasStopped = isOuterEnd(end);
    const { limitMs, question } = readCall(call);
    const { contract, method, args } = question;
    this.#during = `${contract} ${method}`;
    this.script.begin(this.#taken(), wasStopped ? undefined : end);
    const instance = this.#instance;
    if (instance === undefined) throw new Misread("a call before its start");
    const ran = instance.guard(
      deadlineOf(limitMs, wasStopped),
      () => this.#method(instance, contract, method)(...args),
    );
    this.#calls += 1;
    this.#compare(ran, end);
  }

  #method(
    instance: CellInstance,
    contract: string,
    method: string,
  ): AnyFunction {
    let bound = this.#bound.get(contract);
    if (bound === undefined) {
      const binding = this.#contracts.get(contract);
      if (binding === undefined) throw new Error(`unknown: ${contract}`);
      bound = instance.bind(binding) as Record<string, AnyFunction>;
      this.#bound.set(contract, bound);
    }
    const found = Object.hasOwn(bound, method) ? bound[method] : undefined;
    if (found === undefined) throw new Error(`${contract} has no ${method}`);
    return found;
  }

  #compare(ran: Guarded<unknown>, end: Frame | undefined): void {
    const trap = ran.ok ? undefined : ran.trap;
    const own = this.#ownEnd(end, trap);
    if (own === undefined) return;
    const frame = own.number;
    const whole = { frame, what: "ending", path: "", want: inWords(own) };
    if (!ran.ok) {
      const got = inEnding(ran.trap);
      if (own.kind === "ended" && got === whole.want) {
        return this.#over(`ended as recorded: ${got}`);
      }
      return this.#differs({ ...whole, got });
    }
    const got = ran.value;
    if (own.kind === "ended") {
      return this.#differs({ ...whole, got: `the answer ${shown(got)}` });
    }
    const out = this.#out;
    out.rewind(0);
    writeValue(out, got);
    this.#octets += out.length;
    if (sameOctets(out.written, own.body)) return;
    const want = valueOf(own);
    const place = parting(want, got) ??
      { path: "", want: shown(want), got: shown(got) };
    this.#differs({ frame, what: "answer", ...place });
  }

  /**
   * The recorded end that its own is to be compared with. None if the life is
   * over: it asked something else, or the recording was stopped from outside; then
   * it is compared up to there, or to where its time is over here.
   */
  #ownEnd(
    end: Frame | undefined,
    trap: CellTrap | EngineRefusal | undefined,
  ): Frame | undefined {
    const { deviation, unasked } = this.script;
    if (deviation !== undefined) return this.#differs(deviation);
    const isOuter = isOuterEnd(end);
    const isTimeOver = isOuter && trap?.kind === "deadline";
    if (unasked !== undefined && !isTimeOver) {
      return this.#differs({
        frame: unasked.number,
        what: "question",
        path: "",
        want: inWords(unasked),
        got: trap === undefined ? "no more questions" : inEnding(trap),
      });
    }
    if (!isOuter) return end;
    const how = end === undefined ? "no end on the recording" : inWords(end);
    this.#over(
      unasked === undefined
        ? `stopped from outside, compared up to there: ${how}`
        : `stopped from outside, and by time here before that: ${how}`,
    );
  }

  #disposed(memoryOctets: number, frame: Frame): void {
    if (this.#open !== undefined) return this.#run(undefined);
    const got = this.#instance?.memoryBytes();
    if (got !== memoryOctets) {
      this.#during = "its whole life";
      return this.#differs({
        frame: frame.number,
        what: "memory",
        path: "",
        want: `${memoryOctets} octets`,
        got: `${got} octets`,
      });
    }
    this.#over("ended in order");
  }

  #differs(deviation: Deviation): undefined {
    this.#deviation = deviation;
    this.#over("differs");
  }

  #over(end: string): void {
    this.#end = end;
    this.isOver = true;
    this.#release();
  }

  #release(): void {
    this.#instance?.dispose();
    this.#instance = undefined;
    this.#bound.clear();
  }
}

function isOuterEnd(end: Frame | undefined): boolean {
  if (end === undefined) return true;
  return (end.kind === "ended" || end.kind === "refused") &&
    OUTER_ENDS.has(bodyOf(end, Breaking).kind);
}

function inEnding(error: unknown): string {
  const { kind, reason } = breakingOf(error);
  return `${kind}: ${reason}`;
}

function deadlineOf(limitMs: number, wasStopped: boolean): number {
  const wanted = wasStopped
    ? Math.max(STOPPED_MS_MIN, STOPPED_TIMES * limitMs)
    : Math.max(REPLAY_MS_MIN, REPLAY_TIMES * limitMs);
  return Math.min(wanted, REPLAY_MS_MAX);
}
