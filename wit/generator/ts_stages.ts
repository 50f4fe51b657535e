/**
 * The generated halves of calls: what runs before a call and what runs after it.
 *
 * `bind` and `lower` (ts_calls.ts) do both in one go. An engine that lets a call
 * be parked in between needs them apart. Contracts with resources have none.
 */
import type { Func, Interface, Type } from "../decode/model.ts";
import { Code } from "./dialect.ts";
import { lower, store } from "./emit.ts";
import { crossing, layout } from "../abi/layout.ts";
import { camel, funcName } from "./names.ts";
import { ownResources } from "./resources.ts";
import {
  hasPost,
  hostArguments,
  liftResult,
  paramTypes,
  spill,
} from "./ts_calls.ts";
import type { HostDialect } from "./ts_dialect.ts";

/** Writes `exportStages` and `importStages`. */
export function stages(code: Code, d: HostDialect, from: Interface): void {
  const isPlain = ownResources(from).length === 0 &&
    from.functions.every(({ name }) => funcName(name).kind === "plain");
  if (!isPlain) return;
  side(code, d, from, "exportStages", exportStage);
  side(code, d, from, "importStages", importStage);
}

function side(
  code: Code,
  d: HostDialect,
  from: Interface,
  name: string,
  write: (code: Code, d: HostDialect, from: Interface, func: Func) => void,
): void {
  const inner = new Code();
  for (const func of from.functions) write(inner, d, from, func);
  const text = inner.toString();
  const uses = /\bm\b/.test(text);
  const param = uses || /\bcore\(\)/.test(text) ? "core" : "_core";
  code.block(`${name}(${param})`, () => {
    if (uses) {
      code.line("let made: abi.Memory | undefined;");
      code.line("const memory = () => made ??= new abi.Memory(core());");
    }
    code.block("return", () => {
      for (const line of inner.lines) code.line(line);
    }, "};");
  }, "},");
}

/** Declares `m` if the body needs it. */
function method(code: Code, head: string, body: Code): void {
  code.block(head, () => {
    if (/\bm\b/.test(body.toString())) code.line("const m = memory();");
    for (const line of body.lines) code.line(line);
  }, "},");
}

function exportStage(
  code: Code,
  d: HostDialect,
  from: Interface,
  func: Func,
): void {
  const types = paramTypes(func);
  const names = func.params.map((_, i) => `a${i}`);
  const cross = crossing(types, func.result);
  const core = JSON.stringify(`${from.name}#${func.name}`);
  code.block(`${camel(func.name)}:`, () => {
    code.line(`core: ${core},`);
    const before = new Code();
    const flats = cross.spilled
      ? [spill(before, d, types, names)]
      : types.flatMap((type, i) => lower(d, before, type, names[i] as string));
    before.line(`return [${flats.join(", ")}];`);
    const params = names.map((name, i) =>
      `${name}: ${d.typeText(types[i] as Type)}`
    );
    method(code, `lower(${params.join(", ")})`, before);
    const after = new Code();
    if (func.result === undefined) {
      code.line("lift() {},");
      return;
    }
    const out = liftResult(after, d, func.result, cross.returned);
    if (hasPost(func)) after.line(`abi.postReturn(core(), ${core})?.(flat);`);
    after.line(`return ${out};`);
    const flat = cross.result === undefined
      ? "number"
      : d.coreText(cross.result);
    method(code, `lift(flat: ${flat})`, after);
  }, "},");
}

function importStage(
  code: Code,
  d: HostDialect,
  _from: Interface,
  func: Func,
): void {
  const types = paramTypes(func);
  const cross = crossing(types, func.result);
  code.block(`${JSON.stringify(func.name)}:`, () => {
    code.line(`method: ${JSON.stringify(camel(func.name))},`);
    const pointer = cross.returned ? ["i32"] : [];
    code.line(`params: ${JSON.stringify([...cross.params, ...pointer])},`);
    const results = cross.result === undefined || cross.returned
      ? []
      : [cross.result];
    code.line(`results: ${JSON.stringify(results)},`);
    const before = new Code();
    const values = hostArguments(before, d, types, cross);
    const params = cross.params.map((type, at) =>
      `f${at}: ${d.coreText(type)}`
    );
    before.line(`return [${values.join(", ")}];`);
    const head = new Code();
    head.line("abi.leave(core());");
    if (/\bm\b/.test(before.toString())) head.line("m.begin();");
    for (const line of before.lines) head.line(line);
    method(code, `lift(${params.join(", ")})`, head);
    const after = new Code();
    const result = func.result;
    if (result === undefined) {
      code.line("lower() {},");
      return;
    }
    if (cross.returned) {
      const { size, align } = layout(result);
      after.line("m.refresh();");
      after.line(`const out = m.region(back, ${size}, ${align});`);
      store(d, after, result, "result", "out", 0);
    } else after.line(`return ${lower(d, after, result, "result")[0]};`);
    const back = cross.returned ? ", back: number" : "";
    method(code, `lower(result: ${d.typeText(result)}${back})`, after);
  }, "},");
}
