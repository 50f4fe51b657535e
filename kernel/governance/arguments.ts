/**
 * What a proposal's argument means, by its action (ENCODING.md).
 *
 * Strict like the document: one spelling for each meaning, and a refusal that
 * names the octet of the argument. Texts of contracts and providers have the
 * form that a system file's grants have.
 *
 * Deliberately absent: key bundles. A policy names governors by identity; the
 * bundles of new ones travel as the proposal's attachment.
 */
import { Result } from "effect";
import {
  decodeWith,
  IDENTITY_OCTETS,
  identityFromText,
  identityText,
  isIdentity,
  Malformed,
  type Reader,
  utf8,
  Writer,
} from "../crypto/mod.ts";
import { must } from "../limits.ts";
import { CONFORMERS_MAX, GOVERNORS_MAX } from "./limits.ts";
import { type Action, ACTIONS } from "./proposal.ts";
import { type ReportRule, ruleFault } from "./report_rule.ts";

/** What `set-budget` changes; what is absent stays. */
export interface BudgetChange {
  readonly class?: "hard" | "soft";
  readonly budgetMs?: number;
  readonly callMs?: number;
  readonly stepMs?: number;
  readonly startMs?: number;
}

export interface GrantChange {
  readonly contract: string;
  /** `kernel`, `driver:NAME` or `cell:NAME`. */
  readonly provider: string;
}

/** A policy without the keys themselves. */
export interface PolicyOutline {
  readonly threshold: number;
  /** By identity's text, ascending: what each governor may propose. */
  readonly rights: ReadonlyMap<string, ReadonlySet<Action>>;
  /** What is wanted of drivers; nothing where it is absent. */
  readonly reports?: ReportRule;
}

const CONTRACT =
  /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*@\d+\.\d+\.\d+$/;
const PROVIDER = /^(kernel|none|(driver|cell):[a-z][a-z0-9-]{0,31})$/;
const CLASSES = ["soft", "hard"] as const;
/** In the order of their bits. */
const FIELDS = ["class", "budgetMs", "callMs", "stepMs", "startMs"] as const;
must(ACTIONS.length === 8, "each bit of a right's octet is one action");

type Decoded<A> = Result.Result<A, Malformed>;

export function encodeBudget(change: BudgetChange): Uint8Array<ArrayBuffer> {
  const mask = FIELDS.reduce(
    (bits, name, bit) => change[name] === undefined ? bits : bits | 1 << bit,
    0,
  );
  return new Writer().u8(mask)
    .u8(change.class === undefined ? 0 : CLASSES.indexOf(change.class))
    .u16(change.budgetMs ?? 0).u32(change.callMs ?? 0)
    .u32(change.stepMs ?? 0).u32(change.startMs ?? 0).done();
}

export function decodeBudget(octets: Uint8Array): Decoded<BudgetChange> {
  return decodeWith("argument", octets, (reader) => {
    const mask = reader.u8("mask");
    if (mask === 0 || mask >= 1 << FIELDS.length) {
      reader.fail(`mask ${mask}, bits 0 to ${FIELDS.length - 1} are known`, 0);
    }
    const has = (name: typeof FIELDS[number]) =>
      (mask & 1 << FIELDS.indexOf(name)) !== 0;
    const kindAt = reader.offset;
    const kind = CLASSES[reader.u8("class")];
    if (kind === undefined) return reader.fail("class is 0 or 1", kindAt);
    if (!has("class") && kind !== "soft") {
      reader.fail("a class that is not set is 0", kindAt);
    }
    const number = (name: Exclude<typeof FIELDS[number], "class">) => {
      const at = reader.offset;
      const value = name === "budgetMs" ? reader.u16(name) : reader.u32(name);
      if (has(name)) return { [name]: value };
      if (value !== 0) reader.fail(`${name} is not set, and not 0`, at);
      return {};
    };
    const change: BudgetChange = {
      ...has("class") ? { class: kind } : {},
      ...number("budgetMs"),
      ...number("callMs"),
      ...number("stepMs"),
      ...number("startMs"),
    };
    return change;
  });
}

export function encodeGrant(
  { contract, provider }: GrantChange,
): Decoded<Uint8Array<ArrayBuffer>> {
  return checked(
    short(short(new Writer(), contract), provider).done(),
    decodeGrant,
  );
}

export function decodeGrant(octets: Uint8Array): Decoded<GrantChange> {
  return decodeWith("argument", octets, (reader) => ({
    contract: readShort(reader, "contract", CONTRACT),
    provider: readShort(reader, "provider", PROVIDER),
  }));
}

export function encodeRevoke(
  contract: string,
): Decoded<Uint8Array<ArrayBuffer>> {
  return checked(short(new Writer(), contract).done(), decodeRevoke);
}

/** The contract that is taken back. */
export function decodeRevoke(octets: Uint8Array): Decoded<string> {
  return decodeWith(
    "argument",
    octets,
    (reader) => readShort(reader, "contract", CONTRACT),
  );
}

export function encodePolicy(
  { threshold, rights, reports }: PolicyOutline,
): Decoded<Uint8Array<ArrayBuffer>> {
  const writer = new Writer().u8(threshold).u8(rights.size);
  for (const id of [...rights.keys()].sort()) {
    const octets = identityFromText(id) ?? new Uint8Array(IDENTITY_OCTETS);
    const bits = [...rights.get(id) ?? []]
      .reduce((mask, action) => mask | 1 << ACTIONS.indexOf(action), 0);
    writer.octets(octets).u8(bits);
  }
  if (reports !== undefined) writeRule(writer, reports);
  return checked(writer.done(), decodePolicy);
}

export function decodePolicy(octets: Uint8Array): Decoded<PolicyOutline> {
  return decodeWith("argument", octets, (reader) => {
    const threshold = reader.u8("threshold");
    const countAt = reader.offset;
    const count = reader.u8("number of governors");
    if (count < 1 || count > GOVERNORS_MAX) {
      reader.fail(`${count} governors, 1 to ${GOVERNORS_MAX} allowed`, countAt);
    }
    const rights = new Map<string, ReadonlySet<Action>>();
    let last = "";
    for (let index = 0; index < count; index += 1) {
      const at = reader.offset;
      const identity = reader.octets(IDENTITY_OCTETS, "governor");
      const id = identityText(identity);
      if (!isIdentity(identity)) reader.fail("it is no identity", at);
      if (id <= last) reader.fail("governors are in ascending order", at);
      last = id;
      rights.set(id, readRights(reader));
    }
    // A policy without it ends here, as policies did before there was one.
    if (reader.left === 0) return { threshold, rights };
    return { threshold, rights, reports: readRule(reader) };
  });
}

function writeRule(writer: Writer, { conformers, days }: ReportRule): void {
  writer.u8(Math.min(conformers.length, 255));
  for (const id of [...conformers].sort()) {
    writer.octets(identityFromText(id) ?? new Uint8Array(IDENTITY_OCTETS));
  }
  writer.u16(days);
}

function readRule(reader: Reader): ReportRule {
  const start = reader.offset;
  const count = reader.u8("number of conformers");
  if (count < 1 || count > CONFORMERS_MAX) {
    reader.fail(`${count} conformers, 1 to ${CONFORMERS_MAX} allowed`, start);
  }
  const conformers: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = reader.offset;
    const identity = reader.octets(IDENTITY_OCTETS, "conformer");
    if (!isIdentity(identity)) reader.fail("it is no identity", at);
    const id = identityText(identity);
    if (id <= (conformers.at(-1) ?? "")) {
      reader.fail("conformers are in ascending order", at);
    }
    conformers.push(id);
  }
  const rule = { conformers, days: reader.u16("days") };
  const fault = ruleFault(rule);
  return fault === undefined ? rule : reader.fail(fault, start);
}

/** The id of the proposal that `withdraw` takes back. */
export function encodeWithdraw(id: string): Decoded<Uint8Array<ArrayBuffer>> {
  const octets = identityFromText(id) ?? new Uint8Array(IDENTITY_OCTETS);
  return checked(new Writer().octets(octets).done(), decodeWithdraw);
}

export function decodeWithdraw(octets: Uint8Array): Decoded<string> {
  return decodeWith("argument", octets, (reader) => {
    const identity = reader.octets(IDENTITY_OCTETS, "proposal");
    if (!isIdentity(identity)) {
      reader.fail("the proposal's id is no identity", 0);
    }
    return identityText(identity);
  });
}

/** The report that a swap or load names; none where the argument is empty. */
export function namedReport(argument: Uint8Array): Uint8Array | undefined {
  return argument.length === 0 ? undefined : argument;
}

function readRights(reader: Reader): ReadonlySet<Action> {
  const bits = reader.u8("rights");
  return new Set(ACTIONS.filter((_, bit) => (bits & 1 << bit) !== 0));
}

function short(writer: Writer, text: string): Writer {
  const octets = utf8(text);
  // What is too long decodes to another text, and `checked` refuses it.
  return writer.u8(Math.min(octets.length, 255)).octets(octets);
}

function readShort(reader: Reader, field: string, form: RegExp): string {
  const length = reader.u8(`length of ${field}`);
  const at = reader.offset;
  const text = reader.text(length, field);
  if (!form.test(text)) {
    reader.fail(`${JSON.stringify(text)} is no ${field}`, at);
  }
  return text;
}

function checked<A>(
  octets: Uint8Array<ArrayBuffer>,
  decode: (octets: Uint8Array) => Decoded<A>,
): Decoded<Uint8Array<ArrayBuffer>> {
  return Result.map(decode(octets), () => octets);
}
