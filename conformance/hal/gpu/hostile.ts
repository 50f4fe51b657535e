/** What a caller can do wrong on purpose, and what it must not reach. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Access, Outcome } from "../../../hal/gpu_contract.ts";
import {
  buffer,
  done,
  type GpuCase,
  type GpuFixture,
  launch,
  outcomeOf,
  PATIENT_US,
  pattern,
  program,
  range,
  read,
  same,
  shown,
  u32,
  words,
} from "./case.ts";
import { HISTOGRAM, INCREMENT, WILD } from "./kernels/plain_kernels.ts";

const group = "hostile";

function compiled(
  fixture: GpuFixture,
  wgsl: string,
  entry = "main",
  bindings: Access[] = ["read-write"],
): Outcome {
  return outcomeOf(fixture, { tag: "compile", val: { wgsl, entry, bindings } });
}

/** Changes the one line of INCREMENT that counts. */
const body = (line: string) =>
  INCREMENT.wgsl.replace("data[id.x] = data[id.x] + 1u;", line);

/** What is wrong, the source, where the compiler is to point: line and column. */
const WRONG_SOURCES: ReadonlyArray<readonly [string, string, RegExp?]> = [
  ["no shader at all", "nonsense", /^1:1/],
  ["a brace that is missing", INCREMENT.wgsl.trimEnd().slice(0, -1)],
  ["a name that nobody declared", body("data[id.x] = nobody;"), /^5:18/],
  ["a sum of two types", body("data[id.x] = data[id.x] + 1.0f;"), /^5:/],
  ["a write to a constant", body("let a = 1u; a = 2u;"), /^5:/],
  ["an unknown function", body("data[id.x] = nobody(1u);"), /^5:18/],
  ["a return of the wrong type", body("return 1u;")],
  ["a character that is none", body("data[id.x] = 1u; \u0000")],
];

export const HOSTILE: readonly GpuCase[] = [
  ...WRONG_SOURCES.map(([what, wgsl, place]): GpuCase => ({
    group,
    claim: `rejects a source with ${what}, and says where`,
    promise: "work.compile",
    run(fixture) {
      const outcome = compiled(fixture, wgsl);
      ok(outcome.tag === "rejected", shown(outcome));
      match(outcome.val, place ?? /^\d+:\d+/);
      strictEqual(compiled(fixture, INCREMENT.wgsl).tag, "made");
    },
  })),
  ...([
    ["an entry that is not there", "other"],
    ["an entry that is no compute shader", "helper"],
  ] as const).map(([what, entry]): GpuCase => ({
    group,
    claim: `rejects ${what}`,
    promise: "source.entry",
    run(fixture) {
      const wgsl = `${INCREMENT.wgsl}fn helper() -> u32 { return 1u; }\n`;
      const outcome = compiled(fixture, wgsl, entry);
      ok(outcome.tag === "rejected" && outcome.val !== "");
    },
  })),
  ...([
    ["fewer bindings than the shader has", []],
    ["a binding that is only read where it is written", ["read"]],
  ] as ReadonlyArray<readonly [string, Access[]]>).map((
    [what, bindings],
  ): GpuCase => ({
    group,
    claim: `rejects ${what}`,
    promise: "source.bindings",
    run(fixture) {
      const outcome = compiled(fixture, INCREMENT.wgsl, "main", bindings);
      ok(outcome.tag === "rejected" && outcome.val !== "");
    },
  })),
  {
    group,
    claim: "rejects groups with more invocations than the limit says",
    promise: "limits.invocations-max",
    run(fixture) {
      const { invocationsMax } = fixture.gpu.describe().limits;
      const sized = (x: number) =>
        `@compute @workgroup_size(${x}, 2)\nfn main() {}\n`;
      const whole = compiled(fixture, sized(invocationsMax / 2), "main", []);
      strictEqual(whole.tag, "made", shown(whole));
      const over = compiled(fixture, sized(invocationsMax / 2 + 1), "main", []);
      strictEqual(over.tag, "rejected");
    },
  },
  {
    group,
    claim: "rejects a range that is smaller than the shader's type",
    promise: "work.dispatch",
    run(fixture) {
      const data = buffer(fixture, words(1, 2, 3, 4));
      const counts = buffer(fixture, 64);
      const histogram = program(fixture, HISTOGRAM);
      const small = [range(data, 16), range(counts, 60)];
      const outcome = outcomeOf(fixture, launch(histogram, small));
      ok(outcome.tag === "rejected" && outcome.val !== "");
      same(read(fixture, counts, 64), new Uint8Array(64));
      done(fixture, launch(histogram, [range(data, 16), range(counts, 64)]));
    },
  },
  {
    group,
    claim: "indices outside of a range touch nothing outside of it",
    promise: "launch.ranges",
    run(fixture) {
      const { bindingAlignment: step } = fixture.gpu.describe().limits;
      const inside = 32;
      const edges = [8, 9, 63, 64, 65, 1 << 16, 1 << 28, 2 ** 31, 2 ** 32 - 1];
      const places = [
        ...edges,
        ...edges.map((edge) => edge - step / 4),
        ...edges.map((edge) => 2 ** 32 - edge),
      ].map((place) => place >>> 0).filter((place) => place >= inside / 4);
      const list = buffer(fixture, words(...places));
      const [before, target, after] = [1, 2, 3].map((seed) =>
        buffer(fixture, pattern(step * 3, seed))
      );
      ok(before !== undefined && target !== undefined && after !== undefined);
      const got = buffer(fixture, places.length * 4);
      const wild = program(fixture, WILD);
      done(
        fixture,
        launch(wild, [
          range(list, places.length * 4),
          range(target, inside, step),
          range(got, places.length * 4),
        ]),
      );
      same(read(fixture, before, step * 3), pattern(step * 3, 1), "before:");
      same(read(fixture, after, step * 3), pattern(step * 3, 3), "after:");
      const now = read(fixture, target, step * 3);
      const want = pattern(step * 3, 2);
      // Inside the range a write may have landed.
      want.set(now.subarray(step, step + inside), step);
      same(now, want, "beside the range:");
      const within = new Set<number>(
        [...u32(pattern(step * 3, 2).slice(step, step + inside)), 0, 0xbadbad],
      );
      const seen = u32(read(fixture, got, places.length * 4));
      const alien = seen.findIndex((value) => !within.has(value));
      strictEqual(alien, -1, `read ${seen[alien]} at ${places[alien]}`);
    },
  },
  {
    group,
    claim: "indices inside of the same range do what they should",
    promise: "work.dispatch",
    run(fixture) {
      const list = buffer(fixture, words(3, 1));
      const target = buffer(fixture, words(10, 11, 12, 13));
      const got = buffer(fixture, 8);
      const wild = program(fixture, WILD);
      done(
        fixture,
        launch(wild, [range(list, 8), range(target, 16), range(got, 8)]),
      );
      deepStrictEqual([...u32(read(fixture, got, 8))], [13, 11]);
      const want = [10, 0xbadbad, 12, 0xbadbad];
      deepStrictEqual([...u32(read(fixture, target, 16))], want);
    },
  },
  {
    group,
    claim: "a storm of refused and rejected requests changes nothing",
    promise: "refusal",
    run(fixture) {
      const { gpu } = fixture;
      const name = buffer(fixture, pattern(256, 1));
      const octets = new Uint8Array(4);
      for (let i = 0n; i < 500n; i++) {
        const offset = 2n ** 64n - 4n - 4n * i;
        const val = { buffer: name, offset, octets };
        strictEqual(gpu.submit({ tag: "write", val }, PATIENT_US).tag, "err");
        strictEqual(gpu.cancel(offset).tag, "err");
        strictEqual(gpu.release(offset).tag, "err");
      }
      for (let i = 0; i < 20; i++) {
        strictEqual(compiled(fixture, `fn x${i}( {`).tag, "rejected");
      }
      deepStrictEqual(gpu.take(100), []);
      same(read(fixture, name, 256), pattern(256, 1));
      strictEqual(gpu.health().tag, "ok");
    },
  },
  {
    group,
    claim: "text of any language may stand in a comment",
    promise: "source.wgsl",
    run(fixture) {
      const outcome = compiled(fixture, `// ünï 世界 🜁\n${INCREMENT.wgsl}`);
      strictEqual(outcome.tag, "made", shown(outcome));
    },
  },
];
