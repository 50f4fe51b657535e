/**
 * The small module between a cell and what may park it.
 *
 * No JavaScript frame may lie between a stack's entry and the call that suspends
 * it, so the choice between a plain call and a suspending one is made in
 * WebAssembly: a gate looks at the hart's word (`PARK_ADDRESS`). It holds the
 * number of the chain that runs if that may park; after a suspending call the
 * gate tells the host that this chain goes on, before any code of the cell runs.
 *
 * (JavaScript Promise Integration, WebAssembly/js-promise-integration.)
 */
import type { CoreType, ImportStage } from "../../../../wit/abi/binding.ts";
import { must } from "../../../limits.ts";
import { OP, TYPE } from "../../rewriter/opcode_octets.ts";
import { PARK_ADDRESS } from "../../rewriter/checks.ts";
import { CORE_HEADER, SECTION } from "../../rewriter/sections.ts";
import { Writer } from "../../rewriter/writer.ts";
import { jspi } from "./jspi.ts";

const CORE_TYPES: Record<CoreType, number> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
};

/** Of the module's imports. */
const HOST = "host";
const ALIGN_4 = 2;
const IMPORTED_FUNCTIONS = 2;

type Signature = Pick<ImportStage, "params" | "results">;

/** One import of a cell, answered in two ways. */
export interface Gated extends Signature {
  readonly plain: (...flats: never[]) => unknown;
  /** Called where the caller may park; may answer with a promise. */
  readonly parking: (...flats: never[]) => unknown;
}

export interface GateHost {
  readonly countdown: WebAssembly.Memory;
  /** Ends a slice; the promise resolves when the next one begins. */
  readonly suspend: () => Promise<void>;
  /** The chain of this number goes on. */
  readonly resumed: (chain: number) => void;
}

export interface Gates {
  /** What a check calls when its time is over and it may park. */
  readonly park: WebAssembly.ExportValue;
  /** In the order in which they were given. */
  readonly imports: readonly WebAssembly.ExportValue[];
}

/** Only where the platform has JavaScript Promise Integration. */
export function makeGates(host: GateHost, gated: readonly Gated[]): Gates {
  must(jspi !== undefined, "gates are made where calls can be parked");
  const { Suspending } = jspi;
  const module = new WebAssembly.Module(gateModule(gated));
  const imports: WebAssembly.ModuleImports = {
    countdown: host.countdown,
    suspend: new Suspending(host.suspend),
    resumed: host.resumed,
  };
  gated.forEach(({ plain, parking }, at) => {
    imports[`plain-${at}`] = plain;
    imports[`parking-${at}`] = new Suspending(parking);
  });
  const { exports } = new WebAssembly.Instance(module, { [HOST]: imports });
  return {
    park: exports["park"] as WebAssembly.ExportValue,
    imports: gated.map((_, at) =>
      exports[`gate-${at}`] as WebAssembly.ExportValue
    ),
  };
}

/** Types 0 and 1 are () -> () and (i32) -> (); then one per import. */
function gateModule(gated: readonly Signature[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer(256);
  writer.octets(CORE_HEADER);
  section(writer, SECTION.type, gated.length + 2, (at, content) => {
    const own = [{ params: [], results: [] }, { params: ["i32"], results: [] }];
    const { params, results } = (own[at] ?? gated[at - 2]) as Signature;
    content.byte(TYPE.function);
    for (const types of [params, results]) {
      content.u32(types.length);
      for (const type of types) content.byte(CORE_TYPES[type]);
    }
  });
  const functions = IMPORTED_FUNCTIONS + 2 * gated.length;
  section(writer, SECTION.import, functions + 1, (at, content) => {
    content.name(HOST);
    if (at === functions) {
      content.name("countdown");
      return content.octets([2, 3, 1, 1]);
    }
    const own = ["suspend", "resumed"][at];
    const [index, kind] = place(at);
    content.name(own ?? `${kind}-${index}`);
    content.byte(0);
    content.u32(own === undefined ? index + 2 : at);
  });
  section(writer, SECTION.function, gated.length + 1, (at, content) => {
    content.u32(at === 0 ? 0 : at + 1);
  });
  section(writer, SECTION.export, gated.length + 1, (at, content) => {
    content.name(at === 0 ? "park" : `gate-${at - 1}`);
    content.byte(0);
    content.u32(functions + at);
  });
  section(writer, SECTION.code, gated.length + 1, (at, content) => {
    const body = at === 0
      ? parkBody()
      : gateBody(gated[at - 1] as Signature, at - 1);
    content.u32(body.length);
    content.octets(body);
  });
  return writer.done().slice();
}

/** Which import a function index behind the module's own two is. */
function place(at: number): readonly [number, "plain" | "parking"] {
  const behind = at - IMPORTED_FUNCTIONS;
  return [Math.floor(behind / 2), behind % 2 === 0 ? "plain" : "parking"];
}

function section(
  writer: Writer,
  id: number,
  count: number,
  write: (at: number, content: Writer) => void,
): void {
  const content = new Writer();
  content.u32(count);
  for (let at = 0; at < count; at++) write(at, content);
  writer.section(id, content.done());
}

/** Puts the number of the chain that may park into a local; its index. */
function loadChain(body: Writer, params: number): void {
  body.octets([1, 1, TYPE.i32]);
  body.octets([OP.i32Const, PARK_ADDRESS, OP.i32Load, ALIGN_4, 0]);
  body.byte(OP.localSet);
  body.u32(params);
}

function goOn(body: Writer, chain: number): void {
  body.byte(OP.localGet);
  body.u32(chain);
  body.octets([OP.call, 1]);
}

function parkBody(): Uint8Array {
  const body = new Writer();
  loadChain(body, 0);
  body.octets([OP.call, 0]);
  goOn(body, 0);
  body.byte(OP.end);
  return body.done();
}

function gateBody({ params }: Signature, at: number): Uint8Array {
  const body = new Writer();
  const chain = params.length;
  const call = (offset: number) => {
    params.forEach((_, param) => {
      body.byte(OP.localGet);
      body.u32(param);
    });
    body.byte(OP.call);
    body.u32(IMPORTED_FUNCTIONS + 2 * at + offset);
  };
  loadChain(body, chain);
  body.byte(OP.localGet);
  body.u32(chain);
  body.octets([OP.if, OP.emptyBlock]);
  call(1);
  goOn(body, chain);
  body.octets([OP.return, OP.end]);
  call(0);
  body.byte(OP.end);
  return body.done();
}
