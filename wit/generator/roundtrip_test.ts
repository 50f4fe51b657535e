/**
 * Random contracts there and back: our bindings against jco's glue, on the same component.
 *
 * Each function travels host -> cell -> host -> cell -> host, so one value is lowered and lifted in both directions by
 * both languages. Plan: every kind of type nested in every other, parameters beside each other and past 16 flat ones,
 * results flat and through memory, edges of every number, awkward names.
 */
import { ok, strictEqual } from "node:assert/strict";
import { plain } from "./testing/plain.ts";
import type { InterfaceBinding } from "../abi/binding.ts";
import { compile } from "../../scripts/build_compile.ts";
import { worldOf } from "../../scripts/build_generate.ts";
import { type Func, resolved, type Type } from "../decode/model.ts";
import { funcText } from "../decode/text.ts";
import { decodeWorld } from "../decode/world.ts";
import { cellSource } from "./as_cell.ts";
import { Codec, definers, ScriptDialect } from "./as_dialect.ts";
import { camel, scriptName } from "./names.ts";
import { Chance } from "./testing/chance.ts";
import { firstDifference } from "./testing/difference.ts";
import { glueValue } from "./testing/glue_value.ts";
import {
  instantiateCore,
  instantiateGlue,
  loadBinding,
  sdkSource,
  takeApart,
  type Taken,
} from "../testing/instance.ts";
import { RandomWit } from "./testing/random_wit.ts";
import { randomValue, type Value } from "./testing/random_value.ts";
import { bindingSource } from "./ts_binding.ts";

const FUNCTIONS = 24;
const VALUES = 8;
const ECHO = "karyon:trip/echo@0.1.0";
const MIRROR = "karyon:trip/mirror@0.1.0";
const SHAPES = "karyon:trip/shapes@0.1.0";

/** Shapes that jco's glue gets wrong, so that only our bindings are asked. */
const OURS = [
  "func(a: option<option<option<u8>>>) -> option<option<option<u8>>>",
];

/** Fixed shapes that chance might miss. */
const FIXED = [
  "func(a: u32, b: u32) -> u32",
  "func(a: list<u8>) -> list<u8>",
  "func(a: string) -> string",
  "func()",
  "func(a: option<option<u8>>) -> option<option<u8>>",
  "func(a: list<string>, b: list<list<u16>>) -> list<string>",
  `func(${
    Array.from({ length: 17 }, (_, at) => `p${at}: u8`).join(", ")
  }) -> u8`,
  "func(a: result<f32, u64>, b: result<f64, u32>) -> result<f32, u64>",
  "func(a: tuple<f32, f64>) -> tuple<f32, f64>",
];

function contract(chance: Chance): string {
  const wit = new RandomWit(chance);
  wit.enumeration(300);
  const functions = [
    ...FIXED.map((text, at) => `fixed${at}: ${text};`),
    ...OURS.map((text, at) => `ours${at}: ${text};`),
  ];
  for (let at = 0; at < FUNCTIONS; at++) {
    const types = Array.from(
      { length: chance.once(8) ? 8 : 1 + chance.below(3) },
      () => wit.type(3),
    );
    const params = wit.words(types.length)
      .map((word, i) => `${word}: ${types[i]}`);
    const result = types.length === 1 ? types[0] : `tuple<${types.join(", ")}>`;
    functions.push(`%f${at}: func(${params.join(", ")}) -> ${result};`);
  }
  const body = `${
    wit.names.length > 0 ? `use shapes.{${wit.names.join(", ")}};` : ""
  }\n${functions.join("\n")}`;
  return `package karyon:cell-trip@0.1.0;
world trip { import karyon:trip/mirror@0.1.0; export karyon:trip/echo@0.1.0; }
package karyon:trip@0.1.0 {
interface shapes { ${wit.declared.join("\n")} }
interface echo { ${body} }
interface mirror { ${body} }
}`;
}

/** The cell: every function asks the host and returns its answer. */
function author(functions: readonly Func[], d: ScriptDialect): string {
  const lines = functions.map((func) => {
    const name = scriptName(func.name);
    const params = func.params
      .map((param, at) => `p${at}: ${d.typeText(param.type)}`);
    const args = func.params.map((_, at) => `p${at}`).join(", ");
    const result = func.result === undefined ? "void" : d.typeText(func.result);
    return `export function ${name}(${params.join(", ")}): ${result} {
  ${func.result === undefined ? "" : "return "}mirror_.${name}(${args});
}`;
  });
  return `import * as shapes_ from "./gen/shapes";
import * as mirror_ from "./gen/mirror";
import { Option } from "../../sdk/assembly/option";
import { Result, Unit } from "../../sdk/assembly/result";
import { Tuple1, Tuple2, Tuple3, Tuple4, Tuple5, Tuple6, Tuple7, Tuple8 } from "../../sdk/assembly/tuple";
${lines.join("\n")}`;
}

async function buildTrip(wit: string) {
  const world = await worldOf(wit, "trip");
  const source = cellSource(world);
  const echo = world.exports[0];
  const mirror = world.imports.find((one) => one.name === MIRROR);
  if (echo === undefined || mirror === undefined) throw new Error("no world");
  const names = definers([...world.imports, ...world.exports]);
  const files = new Map([[SHAPES, "shapes"], [MIRROR, "mirror"]]);
  const d = new ScriptDialect(new Codec(files, names), undefined, "");
  const own = new Map([
    ["cells/trip/assembly/echo.ts", author(echo.functions, d)],
  ]);
  for (const [file, text] of source.files) {
    own.set(`cells/trip/assembly/gen/${file}`, text);
  }
  const component = await compile({
    entry: "cells/trip/assembly/gen/entry.ts",
    source: (path) => own.get(path) ?? sdkSource(path),
    renames: source.renames,
    wit,
    world: "trip",
  });
  return { component, echo, mirror, names };
}

/** What a function of the mirror answers: its argument, or all of them as a tuple. */
function answer(func: Func, args: readonly Value[]): Value {
  if (func.result === undefined) return undefined;
  const whole = resolved(func.result);
  const asTuple = func.name.startsWith("f") && !func.name.startsWith("fixed") &&
    func.params.length > 1 && whole.kind === "tuple";
  return asTuple ? [...args] : args[0];
}

const isResult = (type: Type | undefined) =>
  type !== undefined && resolved(type).kind === "result";

/** jco throws the error of a result; our bindings return both. */
function throwing(func: Func, call: (...args: Value[]) => Value) {
  return (...args: Value[]): Value => {
    const out = call(...args);
    if (!isResult(func.result)) return out;
    const { tag, val } = out as { tag: string; val?: Value };
    if (tag === "ok") return val;
    throw Object.assign(new Error("refused"), { payload: val });
  };
}

function returning(func: Func, call: (...args: Value[]) => Value) {
  return (...args: Value[]): Value => {
    if (!isResult(func.result)) return call(...args);
    try {
      return { tag: "ok", val: call(...args) };
    } catch (error) {
      const { payload } = error as { payload?: Value };
      if (!Object.hasOwn(error as object, "payload")) throw error;
      return { tag: "err", val: payload };
    }
  };
}

async function trip(seed: number): Promise<void> {
  const chance = new Chance(seed);
  const wit = contract(chance);
  const { component, echo, mirror, names } = await buildTrip(wit);
  const taken = await takeApart(component);
  const echoBinding = await loadBinding(bindingSource(echo, names), "echo");
  const mirrorBinding = await loadBinding(
    bindingSource(mirror, names),
    "mirror",
  );
  const contracts = decodeWorld(component);
  strictEqual(contracts.exports.get(ECHO), echoBinding.signature);
  strictEqual(contracts.imports.get(MIRROR), mirrorBinding.signature);

  const seen: Value[][] = [];
  const host: Record<string, (...args: Value[]) => Value> = {};
  const glueHost: Record<string, (...args: Value[]) => Value> = {};
  for (const func of mirror.functions) {
    const respond = (...args: Value[]) => {
      seen.push(args);
      return answer(func, args);
    };
    host[camel(func.name)] = respond;
    glueHost[camel(func.name)] = throwing(
      func,
      (...args) =>
        respond(
          ...args.map((value, at) => theirValue(func.params[at]?.type, value)),
        ),
    );
  }
  const ours = echoBinding.bind(instantiateCore(taken, (core) => ({
    [MIRROR]: mirrorBinding.lower(core, host) as WebAssembly.ModuleImports,
  })));
  const halves = inHalves(echoBinding, mirrorBinding, taken, host);
  const glue = await instantiateGlue(taken, { "karyon:trip/mirror": glueHost });
  const theirs = glue["echo"] as Record<string, (...args: Value[]) => Value>;

  let compared = 0;
  for (const func of echo.functions) {
    const method = camel(func.name);
    for (let at = 0; at < VALUES; at++) {
      const args = func.params.map((param) => randomValue(chance, param.type));
      const expected = plain(answer(func, args));
      const check = (who: string, got: Value, wanted: Value) => {
        const where = firstDifference(got, wanted);
        const text = `${who}: ${funcText(func, new Map())}: ${where}`;
        strictEqual(where, undefined, text);
      };
      seen.length = 0;
      const mine = (ours[method] as (...args: Value[]) => Value)(...args);
      check("ours", plain(mine), expected);
      check("ours, at the host", plain(seen[0]), plain(args));
      seen.length = 0;
      check("in halves", plain(halves(method, args)), expected);
      check("in halves, at the host", plain(seen[0]), plain(args));
      if (func.name.startsWith("ours")) continue;
      seen.length = 0;
      const got = asked(returning(func, theirs[method] as never), args);
      if (got === REFUSED) continue;
      compared++;
      check("jco", plain(theirValue(func.result, got.val)), expected);
      check("jco, at the host", plain(seen[0]), plain(args));
    }
  }
  ok(compared > VALUES * FUNCTIONS / 2, `only ${compared} calls compared`);
}

type Host = Record<string, (...args: Value[]) => Value>;

/** The same calls through the stages of both bindings. */
function inHalves(
  echo: InterfaceBinding<unknown>,
  mirror: InterfaceBinding<unknown>,
  taken: Taken,
  host: Host,
): (method: string, args: readonly Value[]) => Value {
  type Any = (...args: unknown[]) => unknown;
  const core = instantiateCore(taken, (core) => {
    const functions: Record<string, WebAssembly.ImportValue> = {};
    for (
      const [name, stage] of Object.entries(mirror.importStages?.(core) ?? {})
    ) {
      functions[name] = (...flats: unknown[]) => {
        strictEqual(flats.length, stage.params.length);
        const args = (stage.lift as Any)(...flats) as Value[];
        const result = host[stage.method]?.(...args);
        return (stage.lower as Any)(result, flats.at(-1));
      };
    }
    return { [MIRROR]: functions };
  });
  const stages = echo.exportStages?.(() => core) ?? {};
  return (method, args) => {
    const stage = stages[method];
    if (stage === undefined) throw new Error(`no stages of ${method}`);
    const flats = (stage.lower as Any)(...args) as unknown[];
    const flat = (core.exports[stage.core] as Any)(...flats);
    return (stage.lift as Any)(flat) as Value;
  };
}

/** The glue threw because of its own lost sign; see `testing/glue_value.ts`. */
const REFUSED = Symbol("refused");

function asked(
  call: (...args: Value[]) => Value,
  args: readonly Value[],
): typeof REFUSED | { val: Value } {
  try {
    return { val: call(...args) };
  } catch (error) {
    if (/must be between -\d+ and/.test(String(error))) return REFUSED;
    throw error;
  }
}

function theirValue(type: Type | undefined, value: Value): Value {
  return type === undefined ? value : glueValue(type, value);
}

for (const seed of [3, 7, 2026]) {
  Deno.test(`random types survive the round trip, seed ${seed}`, async () => {
    try {
      await trip(seed);
    } catch (error) {
      console.log(`seed ${seed}`);
      throw error;
    }
  });
}
