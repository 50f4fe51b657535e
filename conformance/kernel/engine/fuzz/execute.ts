/**
 * Carries out one job: instantiates a module, calls it, tells what happened.
 *
 * The function is complete in itself, because a peer in a browser gets its text
 * alone. It answers whatever the module does, as long as the module ends.
 *
 * What engines word differently is brought to one word here: which trap it was is
 * compared as far as every engine can tell.
 */
import type { Argument, Call, Job, Outcome, Step } from "./job.ts";

/** A countdown that is over soon after its word `armed` is 1. */
export interface Timer {
  readonly memory: WebAssembly.Memory;
  readonly armed: number;
}

export function execute(job: Job, timer?: Timer): Outcome {
  const LOGGED_MAX = 200_000;
  const TRAIL_MAX = 5_000;
  const DEPTH_MAX = 2;
  const FAR = 2 ** 24 - 1;
  const OVER = -1;
  const { names } = job;
  /** Before the words for bounds, because V8's words for a cast contain them. */
  const TRAPS: readonly (readonly [RegExp, string])[] = [
    [/unreachable/, "unreachable"],
    // A call of null is a null to one engine, and a wrong signature to another.
    [/signature|indirect call|null/, "null or signature"],
    [/cast/, "cast"],
    [/(divide|remainder|division) by zero/, "zero"],
    [/unrepresentable|overflow|conversion to integer/, "range"],
    [/unaligned/, "unaligned"],
    [/too large|too many array elements/, "large"],
    [/out of bounds|out-of-bounds/, "bounds"],
  ];
  class HostRefusal extends Error {}
  const external = Object.freeze({});
  const ticking = job.isTimed === true ? timer : undefined;
  const countdown = job.hasCountdown
    ? ticking?.memory ??
      new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    : undefined;
  const countdownWords = countdown && new Int32Array(countdown.buffer);
  let live: WebAssembly.Exports | undefined;
  let logged = 0;
  let log = 0;
  let trail: number[] = [];
  let depth = 0;
  let hasCaught = false;

  const textOf = (value: unknown): string => {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "number") {
      return Object.is(value, -0) ? "-0" : String(value);
    }
    if (Array.isArray(value)) return `[${value.map(textOf).join(" ")}]`;
    if (value === external) return "external";
    return value === null ? "null" : typeof value;
  };
  const valueOf = ([type, text]: Argument): unknown => {
    if (type === "i64") return BigInt(text);
    if (text === "null") return null;
    return text === "external" ? external : Number(text);
  };
  const note = (text: string) => {
    if (++logged > LOGGED_MAX) throw new HostRefusal("too much is logged");
    for (let at = 0; at < text.length; at++) {
      log = Math.imul(log ^ text.charCodeAt(at), 0x01000193);
    }
    log = Math.imul(log ^ 10, 0x01000193);
    if (job.wantsTrail && trail.length < TRAIL_MAX) trail.push(log);
  };
  const globalOf = (name: string): WebAssembly.Global | undefined => {
    const global = live?.[name];
    return global instanceof WebAssembly.Global ? global : undefined;
  };
  const isStopped = () =>
    (globalOf(names.stop)?.value ?? 0) !== 0 || countdownWords?.[1] === 1;

  /** How something ended that was thrown. */
  const endOf = (error: unknown): string => {
    const reason = globalOf(names.stop)?.value;
    if (reason !== undefined && reason !== 0) {
      return reason === 1 ? "stopped fuel" : "stopped stack";
    }
    if (countdownWords?.[1] === 1) return "stopped deadline";
    const message = error instanceof Error ? error.message : String(error);
    const name = error instanceof Error ? error.name : "";
    if (/call stack|too much recursion/.test(message)) return "overflow";
    if (error instanceof WebAssembly.RuntimeError) {
      const kind = TRAPS.find(([words]) => words.test(message))?.[1];
      return `trap ${kind ?? message}`;
    }
    if (error instanceof HostRefusal) return "refused by the host";
    if (error instanceof WebAssembly.CompileError) return "invalid";
    if (error instanceof WebAssembly.LinkError) return "unlinkable";
    const { Exception } = WebAssembly as unknown as {
      Exception: new () => object;
    };
    if (error instanceof Exception) return "exception";
    return name === "" ? "thrown" : name;
  };

  /** Answers differ from call to call, and are the same in every form. */
  const answerOf = (type: string): unknown => {
    const seed = Math.imul(logged, 0x9e3779b1);
    switch (type) {
      case "i32":
        return logged % 3 === 0 ? seed | 0 : logged;
      case "i64":
        return BigInt(seed | 0) * 0x1_0001n;
      case "f32":
      case "f64":
        return logged % 5 === 0 ? -0 : (seed | 0) / 8;
      case "externref":
        return logged % 2 === 0 ? external : null;
      default:
        return null;
    }
  };
  const callNow = ({ name, args }: Call): unknown => {
    const run = live?.[name];
    if (typeof run !== "function") throw new TypeError("no function");
    return run(...args.map(valueOf));
  };
  /** Some calls of the host call back, and some of these catch what is thrown. */
  const reenter = (isCatching: boolean) => {
    if (job.reentries.length === 0 || live === undefined) return;
    if (depth >= DEPTH_MAX) return;
    depth += 1;
    try {
      const call = job.reentries[logged % job.reentries.length] as Call;
      note(`back ${textOf(callNow(call))}`);
    } catch (error) {
      const end = endOf(error);
      if (!isCatching || isStopped() || end === "overflow") throw error;
      hasCaught = true;
      note(`caught ${end}`);
    } finally {
      depth -= 1;
    }
  };
  const hostFunction =
    ({ module, name, signature }: Job["imports"][number]) =>
    (...args: unknown[]) => {
      note(`${module} ${name} ${textOf(args)}`);
      if (logged % 7 === 3 || /^call-export/.test(name)) {
        reenter(logged % 2 === 0);
      }
      const results = signature.results.map(answerOf);
      return results.length < 2 ? results[0] : results;
    };

  const memoryOf = (
    { minimum, maximum, is64, isShared }: {
      readonly minimum: number;
      readonly maximum: number;
      readonly is64: boolean;
      readonly isShared?: boolean;
    },
  ) => {
    const shared = isShared === true ? { shared: true } : {};
    return new WebAssembly.Memory(
      (is64
        ? {
          address: "i64",
          initial: BigInt(minimum),
          maximum: BigInt(maximum),
          ...shared,
        }
        : { initial: minimum, maximum, ...shared }) as never,
    );
  };
  const importOf = (need: Job["imports"][number]): unknown => {
    const { kind, type, minimum, is64 } = need;
    const maximum = Math.min(need.maximum ?? minimum + 4, minimum + 4);
    switch (kind) {
      case "function":
        return hostFunction(need);
      case "memory":
        return memoryOf({ ...need, maximum });
      case "table":
        return new WebAssembly.Table(
          (is64
            ? {
              address: "i64",
              element: type === "funcref" ? "anyfunc" : type,
              initial: BigInt(minimum),
              maximum: BigInt(maximum),
            }
            : {
              element: type === "funcref" ? "anyfunc" : type,
              initial: minimum,
              maximum,
            }) as never,
        );
      case "global": {
        const value = type === "funcref" ? "anyfunc" : type;
        return new WebAssembly.Global(
          { value, mutable: need.isMutable } as never,
          type === "i64" ? 42n : /^[if]/.test(type) ? 42 : null,
        );
      }
      case "tag": {
        const { Tag } = WebAssembly as unknown as {
          Tag: new (type: { parameters: readonly string[] }) => unknown;
        };
        return new Tag({ parameters: need.signature.params });
      }
    }
  };
  const importsNow = (): WebAssembly.Imports => {
    const all: Record<string, Record<string, unknown>> = {};
    for (const need of job.imports) {
      (all[need.module] ??= {})[need.name] ??= importOf(need);
    }
    const own: Record<string, unknown> = {};
    job.memories.forEach((memory, index) => {
      own[names.memory + index] = memoryOf(memory);
    });
    if (countdown !== undefined) own[names.countdown] = countdown;
    all[names.module] = own;
    return all as WebAssembly.Imports;
  };

  const steps: Step[] = [];
  /** Takes one step; returns whether another may follow. */
  const take = (run: () => string): boolean => {
    const own = job.only?.step === steps.length ? job.only.fuel : job.fuel;
    const refill = () => {
      const fuel = globalOf(names.fuel);
      if (fuel !== undefined) fuel.value = BigInt(own);
      const stack = globalOf(names.stack);
      if (stack !== undefined) stack.value = job.stack;
    };
    logged = 0;
    log = 0;
    trail = [];
    hasCaught = false;
    const isLate = job.late === steps.length;
    countdownWords?.set([isLate && ticking === undefined ? OVER : FAR, 0]);
    if (isLate && ticking !== undefined) {
      countdownWords?.set([1], ticking.armed);
    }
    if (live !== undefined) refill();
    let text: string;
    let isThrown = false;
    try {
      text = steps.length === 0 ? started(run, refill) : run();
    } catch (error) {
      isThrown = true;
      text = endOf(error);
    }
    const left = globalOf(names.fuel)?.value as bigint | undefined;
    const used = left === undefined ? "" : String(BigInt(own) - left);
    if (ticking !== undefined) countdownWords?.set([0], ticking.armed);
    const hasAll = hasCaught || isThrown || live?.[names.stack] === undefined;
    const lost = hasAll ? 0 : job.stack - globalOf(names.stack)?.value;
    steps.push({ text, logged, log, used, lost, trail });
    return !/^(stopped|overflow)/.test(text);
  };
  /** The host calls nothing back before the start function has ended. */
  const started = (run: () => string, refill: () => void): string => {
    const text = run();
    depth = DEPTH_MAX;
    refill();
    const start = live?.[names.start];
    if (typeof start === "function") start();
    depth = 0;
    return text;
  };

  const isUp = take(() => {
    const octets = Uint8Array.from(atob(job.octets), (c) => c.charCodeAt(0));
    const module = new WebAssembly.Module(octets);
    let imports: WebAssembly.Imports;
    try {
      imports = importsNow();
    } catch {
      return "unlinkable";
    }
    try {
      live = new WebAssembly.Instance(module, imports).exports;
    } catch (error) {
      if (error instanceof TypeError && logged === 0) return "unlinkable";
      throw error;
    }
    return "instance";
  });
  if (!isUp || steps[0]?.text !== "instance") return { steps, state: [] };
  for (const call of job.calls) {
    depth = 0;
    if (!take(() => textOf(callNow(call)))) break;
  }

  const digest = (memory: WebAssembly.Memory): number => {
    let sum = 0;
    for (const word of new Int32Array(memory.buffer)) {
      sum = Math.imul(sum ^ word, 0x01000193) + 1;
    }
    return sum >>> 0;
  };
  const tableText = (table: WebAssembly.Table): string => {
    const size = Number(table.length);
    let text = `table of ${size}:`;
    for (let index = 0; index < Math.min(size, 256); index++) {
      const at = typeof table.length === "bigint" ? BigInt(index) : index;
      text += textOf(table.get(at as number))[0];
    }
    return text;
  };
  const stateOf = (value: unknown): string => {
    try {
      if (value instanceof WebAssembly.Memory) {
        return `memory of ${value.buffer.byteLength}: ${digest(value)}`;
      }
      if (value instanceof WebAssembly.Table) return tableText(value);
      if (value instanceof WebAssembly.Global) return textOf(value.value);
      return "";
    } catch (error) {
      return error instanceof Error ? error.name : "thrown";
    }
  };
  const state = job.shown.map((name) => `${name}: ${stateOf(live?.[name])}`);
  return { steps, state };
}
