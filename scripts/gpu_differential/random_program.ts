/**
 * Random WGSL whose results are the same on every sound device.
 *
 * Whole numbers of any size; floats that are small whole numbers, so that no
 * rounding, fusing or reordering changes them. Loops are bounded. No shift by
 * 32 bits, nothing undefined.
 */
import { seeded } from "../../conformance/sim/block_device.ts";

type Scalar = "u32" | "i32" | "f32" | "bool";
type Kind = Scalar | "vec3<u32>" | "vec3<i32>" | "vec3<f32>";

const DEPTH = 4;

export function randomFloats(random: () => number, length: number): Uint8Array {
  const values = Float32Array.from(
    { length },
    () => Math.floor(random() * 17) - 8,
  );
  return new Uint8Array(values.buffer);
}

/** One invocation writes four words. */
export function randomProgram(seed: number, invocations: number): string {
  return new Grower(seed).program(invocations);
}

class Grower {
  readonly #random: () => number;
  /** Names that hold a value of that kind. */
  readonly #names = new Map<Kind, string[]>();
  #count = 0;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<A>(of: readonly [A, ...A[]]): A {
    return of[this.#below(of.length)] ?? of[0];
  }

  program(invocations: number): string {
    const lines = [
      "let u0 = data[i]; let u1 = data[i + 64u];",
      "let i0 = bitcast<i32>(data[i + 128u]); let i1 = i32(data[i + 192u] & 255u) - 100;",
      "let f0 = reals[i]; let f1 = reals[63u - i];",
      "let b0 = u0 < u1;",
      // Zeros that no compiler knows: what is constant may be refused.
      "let zu = data[0] & 0u; let zi = bitcast<i32>(zu);",
    ];
    this.#names.set("u32", ["u0", "u1", "i"]);
    this.#names.set("i32", ["i0", "i1"]);
    this.#names.set("f32", ["f0", "f1"]);
    this.#names.set("bool", ["b0"]);
    for (let at = 0; at < 8; at++) lines.push(this.#statement(2));
    const results = ["u32", "bool", "i32", "f32"] as const;
    for (const [at, kind] of results.entries()) {
      const value = this.expression(kind, DEPTH);
      const word = kind === "u32"
        ? value
        : kind === "bool"
        ? `select(1u, 2u, ${value})`
        : `bitcast<u32>(${kind === "f32" ? `(${value}) + 0.5` : value})`;
      lines.push(`out[i * 4u + ${at}u] = ${word};`);
    }
    return `@group(0) @binding(0) var<storage, read> data: array<u32>;
@group(0) @binding(1) var<storage, read> reals: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(${invocations})
fn main(@builtin(local_invocation_index) i: u32) {
  ${lines.join("\n  ")}
}`;
  }

  #fresh(kind: Kind): string {
    const name = `v${this.#count++}`;
    const all = this.#names.get(kind) ?? [];
    this.#names.set(kind, [...all, name]);
    return name;
  }

  #statement(depth: number): string {
    const kind = this.#one<Kind>(
      ["u32", "i32", "f32", "bool", "vec3<u32>", "vec3<i32>", "vec3<f32>"],
    );
    const value = this.expression(kind, DEPTH);
    const form = this.#below(4);
    if (form === 0 || depth === 0) {
      return `let ${this.#fresh(kind)} = ${value};`;
    }
    const other = this.expression(kind, DEPTH - 1);
    if (form === 1) {
      const condition = this.expression("bool", 2);
      const name = this.#fresh(kind);
      return `var ${name} = ${value}; if (${condition}) { ${name} = ${other}; }`;
    }
    if (form === 2) {
      const selector = this.expression("u32", 2);
      const name = this.#fresh(kind);
      return `var ${name} = ${value}; switch (${selector}) % 3u { case 0u: { ${name} = ${other}; } case 1u: {} default: { if (b0) { break; } ${name} = ${value}; } }`;
    }
    const rounds = 1 + this.#below(5);
    const step = this.expression("u32", 2);
    const name = this.#fresh("u32");
    return `var ${name} = ${
      this.expression("u32", 1).replaceAll(name, "u0")
    }; for (var k = 0u; k < ${rounds}u; k++) { if (${name} == 7u) { continue; } ${name} = (${name} ^ (${
      step.replaceAll(name, "u1")
    })) + k; }`;
  }

  #leaf(kind: Kind): string {
    const names = this.#names.get(kind) ?? [];
    const name = names[this.#below(names.length)];
    if (name !== undefined && this.#random() < 0.7) return name;
    switch (kind) {
      case "u32":
        return `(${
          this.#one([0, 1, 5, 31, 255, 65_537, 4_294_967_295])
        }u + zu)`;
      case "i32":
        return `(${
          this.#one(["0i", "1i", "-1i", "77i", "2147483647i", "-2147483647i"])
        } + zi)`;
      case "f32":
        return this.#one(["0.0", "1.0", "-2.0", "3.0f", "7.0"]);
      case "bool":
        return this.#one(["true", "false"]);
      default: {
        const of = scalarOf(kind);
        return `${kind}(${[1, 2, 3].map(() => this.#leaf(of)).join(", ")})`;
      }
    }
  }

  expression(kind: Kind, depth: number): string {
    if (depth <= 0) return this.#leaf(kind);
    const next = (of: Kind) => this.expression(of, depth - 1);
    switch (kind) {
      case "u32":
        return this.#whole("u32", next);
      case "i32":
        return this.#whole("i32", next);
      case "f32":
        return this.#float(next);
      case "bool":
        return this.#truth(next);
      default:
        return this.#vector(kind, next);
    }
  }

  #whole(kind: "u32" | "i32", next: (of: Kind) => string): string {
    const [a, b] = [next(kind), next(kind)];
    const vector = `vec3<${kind}>` as const;
    switch (this.#below(13)) {
      case 0:
        return `((${a}) ${this.#one(["<<", ">>"])} ((${next("u32")}) & 31u))`;
      case 1:
        return `${this.#one(["min", "max"])}(${a}, ${b})`;
      case 2:
        return `${
          this.#one([
            "countOneBits",
            "reverseBits",
            "firstLeadingBit",
            "countTrailingZeros",
          ])
        }(${a})`;
      case 3:
        return `select(${a}, ${b}, ${next("bool")})`;
      case 4:
        return `dot(${next(vector)}, ${next(vector)})`;
      case 5:
        return `(${next(vector)}).${this.#one(["x", "y", "z"])}`;
      case 6:
        return `(${next(vector)})[(${next("u32")}) % 3u]`;
      case 7:
        return kind === "u32"
          ? `bitcast<u32>(${next("i32")})`
          : `i32(${next("u32")})`;
      case 8:
        return `(~(${a}))`;
      default: {
        const operator = this.#one(["+", "-", "*", "&", "|", "^", "/", "%"]);
        // Of a divisor that may be a constant zero it would be refused.
        const by = operator === "/" || operator === "%"
          ? `((${b}) | ${kind === "u32" ? "(i & 1u)" : "i32(i & 1u)"})`
          : `(${b})`;
        return `((${a}) ${operator} ${by})`;
      }
    }
  }

  #float(next: (of: Kind) => string): string {
    const [a, b] = [next("f32"), next("f32")];
    switch (this.#below(8)) {
      case 0:
        return `${this.#one(["min", "max"])}(${a}, ${b})`;
      case 1:
        return `${this.#one(["abs", "floor", "ceil", "trunc", "sign"])}(${a})`;
      case 2:
        return `select(${a}, ${b}, ${next("bool")})`;
      case 3:
        return `f32((${next("u32")}) & 15u)`;
      case 4:
        return `(${next("vec3<f32>")}).${this.#one(["x", "y", "z"])}`;
      case 5:
        return `((${a}) * ${this.#one(["2.0", "-1.0", "3.0"])})`;
      default:
        return `((${a}) ${this.#one(["+", "-"])} (${b}))`;
    }
  }

  #truth(next: (of: Kind) => string): string {
    const kind = this.#one(["u32", "i32", "f32"] as const);
    switch (this.#below(4)) {
      case 0:
        return `((${next("bool")}) ${this.#one(["&&", "||"])} (${
          next("bool")
        }))`;
      case 1:
        return `(!(${next("bool")}))`;
      case 2:
        return `${this.#one(["all", "any"])}((${next("vec3<u32>")}) ${
          this.#one(["<", "!="])
        } (${next("vec3<u32>")}))`;
      default:
        return `((${next(kind)}) ${this.#one(["<", "<=", "==", "!=", ">"])} (${
          next(kind)
        }))`;
    }
  }

  #vector(kind: Kind, next: (of: Kind) => string): string {
    const of = scalarOf(kind);
    switch (this.#below(4)) {
      case 0:
        return `${kind}(${next(of)}, ${next(of)}, ${next(of)})`;
      case 1:
        return `(${next(kind)}).${this.#one(["zyx", "xxy", "yzx"])}`;
      case 2:
        return `select(${next(kind)}, ${next(kind)}, ${next("bool")})`;
      default:
        return `((${next(kind)}) ${this.#one(["+", "-"])} (${next(kind)}))`;
    }
  }
}

function scalarOf(kind: Kind): Scalar {
  return kind.includes("f32") ? "f32" : kind.includes("i32") ? "i32" : "u32";
}
