/** The fixture's contracts for the host: what generated bindings are for others. */
import type {
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { bindings as ownBindings } from "../../../wit/gen/mod.ts";

const FIXTURE = "karyon:fixture";
export const TALLY = `${FIXTURE}/tally@0.1.0`;
export const CAREFUL = `${FIXTURE}/careful@0.1.0`;
export const BLUNT = `${FIXTURE}/blunt@0.1.0`;

/** What the fixture exports, as the host calls it. */
export interface Tally {
  add(n: number): number;
  act(what: number): number;
  turn(knob: number, to: number): void;
  peek(counter: number): number;
}

type Asked =
  | { readonly tag: "ok"; readonly val: number }
  | { readonly tag: "err"; readonly val: "refused" | "gone" };

interface Careful {
  ask(what: number): Asked;
}

interface Blunt {
  tell(what: number): number;
}

type Core = Record<string, (...args: number[]) => number>;

const functions = (core: CoreInstance, contract: string) => (name: string) => {
  const found = (core.exports as unknown as Core)[`${contract}#${name}`];
  if (found === undefined) throw new Error(`no core export for ${name}`);
  return (...args: number[]) => found(...args) >>> 0;
};

const info = (name: string, absence = false) => ({
  name,
  method: name,
  absence,
});

export interface Bindings {
  readonly tally: InterfaceBinding<Tally>;
  /** Every contract that a fixture may be granted. */
  readonly all: ReadonlyMap<string, InterfaceBinding<unknown>>;
}

/** All contracts; `signature` says what the component shows of them. */
export function bindingsWith(signature: (name: string) => string): Bindings {
  const tally: InterfaceBinding<Tally> = {
    name: TALLY,
    signature: signature(TALLY),
    functions: ["add", "act", "turn", "peek"].map((name) => info(name)),
    bind: (core) => {
      const call = functions(core, TALLY);
      return {
        add: call("add"),
        act: call("act"),
        turn: call("turn"),
        peek: call("peek"),
      };
    },
    lower: () => ({}),
    exportIntrinsics: () => ({}),
    exportStages: () =>
      Object.fromEntries(
        ["add", "act", "turn", "peek"].map((
          name,
        ) => [name, stage(TALLY, name)]),
      ),
  };
  const all = new Map<string, InterfaceBinding<unknown>>([
    ...ownBindings,
    [TALLY, tally as InterfaceBinding<unknown>],
    [
      CAREFUL,
      careful(signature(CAREFUL)) as InterfaceBinding<unknown>,
    ],
    [BLUNT, blunt(signature(BLUNT)) as InterfaceBinding<unknown>],
  ]);
  return { tally, all };
}

const stage = (contract: string, name: string) => ({
  core: `${contract}#${name}`,
  lower: (...args: number[]) => args,
  lift: (flat: number) => flat >>> 0,
});

function careful(signature: string): InterfaceBinding<Careful> {
  const absences = ["refused", "gone"] as const;
  const put = (core: CoreInstance, asked: Asked, out: number) => {
    const view = new DataView(core.memory.buffer, out, 8);
    view.setUint8(0, asked.tag === "ok" ? 0 : 1);
    if (asked.tag === "ok") view.setUint32(4, asked.val, true);
    else view.setUint8(4, absences.indexOf(asked.val));
  };
  const answer = (core: CoreInstance, at: number): Asked => {
    const view = new DataView(core.memory.buffer, at, 8);
    return { tag: "ok", val: view.getUint32(4, true) };
  };
  return {
    name: CAREFUL,
    signature,
    functions: [info("ask", true)],
    bind: (core) => {
      const ask = functions(core, CAREFUL)("ask");
      return { ask: (what) => answer(core, ask(what)) };
    },
    lower: (core, host) => ({
      ask: (what: number, out: number) =>
        put(core(), host.ask(what >>> 0), out),
    }),
    exportIntrinsics: () => ({}),
    exportStages: (core) => ({
      ask: {
        ...stage(CAREFUL, "ask"),
        lift: (at: number) => answer(core(), at),
      },
    }),
    importStages: (core) => ({
      ask: {
        method: "ask",
        params: ["i32", "i32"],
        results: [],
        lift: (what: number) => [what >>> 0],
        lower: (asked: Asked, out: number) => put(core(), asked, out),
      },
    }),
  };
}

function blunt(signature: string): InterfaceBinding<Blunt> {
  return {
    name: BLUNT,
    signature,
    functions: [info("tell")],
    bind: (core) => ({ tell: functions(core, BLUNT)("tell") }),
    lower: (_core, host) => ({ tell: (what: number) => host.tell(what >>> 0) }),
    exportIntrinsics: () => ({}),
    exportStages: () => ({ tell: stage(BLUNT, "tell") }),
    importStages: () => ({
      tell: {
        method: "tell",
        params: ["i32"],
        results: ["i32"],
        lift: (what: number) => [what >>> 0],
        lower: (told: number) => told,
      },
    }),
  };
}
