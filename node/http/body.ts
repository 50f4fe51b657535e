/**
 * Request bodies: read with a cap, decoded strictly.
 *
 * A body is never buffered past its limit, and all bodies together never past
 * `BODIES_OCTETS_MAX`. JSON is checked for UTF-8 and depth before it is parsed.
 */
import { Result, Schema, SchemaIssue } from "effect";
import { BODIES_OCTETS_MAX, JSON_DEPTH_MAX } from "./limits.ts";
import { Problem } from "./problem.ts";

/** Octets of bodies that are held right now. */
export class BodyBudget {
  #held = 0;

  constructor(readonly octetsMax = BODIES_OCTETS_MAX) {}

  take(octets: number): void {
    if (this.#held + octets > this.octetsMax) {
      throw new Problem("unavailable", "too many large bodies at once", {
        fix: "try again in a second",
        headers: { "retry-after": "1" },
      });
    }
    this.#held += octets;
  }

  give(octets: number): void {
    this.#held -= octets;
  }

  get held(): number {
    return this.#held;
  }
}

/** The body's octets. The caller gives their number back to the budget. */
export async function readBody(
  request: Request,
  octetsMax: number,
  budget: BodyBudget,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = new Problem(
    "too-large",
    `a body here holds at most ${octetsMax} octets`,
    { fix: "send it in smaller pieces" },
  );
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > octetsMax) throw tooLarge;
  if (request.body === null) return new Uint8Array(0);
  const reader = request.body.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  const chunks: Uint8Array[] = [];
  let octets = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (octets + value.length > octetsMax) throw tooLarge;
      budget.take(value.length);
      octets += value.length;
      chunks.push(value);
    }
  } catch (error) {
    budget.give(octets);
    stop();
    if (error instanceof Problem) throw error;
    throw new Problem("invalid", "the body ended early");
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return joined(chunks, octets);
}

/**
 * The body's octets as they come. `moved` is called at each piece; a sender that
 * is silent until `signal` aborts ends it.
 */
export async function* bodyPieces(
  request: Request,
  octetsMax: number,
  budget: BodyBudget,
  signal: AbortSignal,
  moved: () => void,
): AsyncGenerator<Uint8Array> {
  if (request.body === null) return;
  const reader = request.body.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  let octets = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      octets += value.length;
      if (octets > octetsMax) {
        throw new Problem(
          "too-large",
          `a body here holds at most ${octetsMax} octets`,
        );
      }
      moved();
      budget.take(value.length);
      try {
        yield value;
      } finally {
        budget.give(value.length);
      }
      moved();
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

function joined(
  chunks: ReadonlyArray<Uint8Array>,
  octets: number,
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(octets);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The octets as text; refuses anything that is not UTF-8. */
export function utf8(octets: Uint8Array, what: string): string {
  try {
    return strictUtf8.decode(octets);
  } catch {
    throw new Problem("invalid", `${what} is not UTF-8`);
  }
}

/** A JSON document of the schema's shape, unknown fields refused. */
export function decodeJson<A>(
  schema: Schema.Codec<A, unknown>,
  octets: Uint8Array,
): A {
  checkDepth(octets);
  let value: unknown;
  try {
    value = JSON.parse(utf8(octets, "the body"));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem("invalid", `the body is not JSON${where(error)}`);
  }
  const decoded = Schema.decodeUnknownResult(schema, {
    onExcessProperty: "error",
  })(value);
  if (Result.isSuccess(decoded)) return decoded.success;
  throw new Problem("invalid", describeIssue(decoded.failure.issue));
}

function where(error: unknown): string {
  const text = error instanceof Error ? error.message : "";
  const place = /at position \d+|line \d+ column \d+/u.exec(text);
  return place === null ? "" : ` (${place[0]})`;
}

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1();

/** `$.links[0].amount: Expected an integer` */
export function describeIssue(issue: SchemaIssue.Issue): string {
  const first = formatIssue(issue).issues[0];
  if (first === undefined) return "the body has the wrong shape";
  const path = (first.path ?? []).map((step) => {
    const key = typeof step === "object" ? step.key : step;
    if (typeof key === "number") return `[${key}]`;
    const name = String(key);
    return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/u.test(name)
      ? `.${name}`
      : `[${JSON.stringify(name.slice(0, 40))}]`;
  });
  return `$${path.join("")}: ${first.message.slice(0, 300)}`;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Refuses JSON that nests deeper than the limit; O(length), no allocation. */
export function checkDepth(
  octets: Uint8Array,
  depthMax = JSON_DEPTH_MAX,
): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at];
    if (quoted) {
      if (octet === BACKSLASH) at++;
      else if (octet === QUOTE) quoted = false;
    } else if (octet === QUOTE) quoted = true;
    else if (octet === 0x5b || octet === 0x7b) {
      if (++depth > depthMax) {
        throw new Problem("invalid", `JSON nests deeper than ${depthMax}`);
      }
    } else if (octet === 0x5d || octet === 0x7d) depth--;
  }
}

/** Base64 as RFC 4648 writes it, padding included; nothing else. */
export function decodeBase64(text: string, what: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    throw new Problem("invalid", `${what} is not base64`);
  }
}
