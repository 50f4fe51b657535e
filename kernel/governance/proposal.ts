/**
 * The document that governors sign, and its canonical octets (ENCODING.md).
 *
 * `decodeProposal(encodeProposal(x))` is `x`, and whatever decodes encodes to
 * the same octets. Every action decodes; which of them a node can execute is
 * the service's business.
 *
 * Deliberately absent: signatures. They are gathered apart (bundle.ts).
 */
import { Result } from "effect";
import {
  decodeWith,
  HASH_BLAKE3,
  IDENTITY_OCTETS,
  identityOf,
  isIdentity,
  Malformed,
  type Reader,
  utf8,
  Writer,
} from "../crypto/mod.ts";
import {
  ARGUMENT_OCTETS_MAX,
  CELL_NAME_OCTETS_MAX,
  NONCE_OCTETS,
  NOTE_OCTETS_MAX,
} from "./limits.ts";

export const PROPOSAL_MAGIC = "KPRO";
export const PROPOSAL_VERSION = 1;

/** In the order of their codes, from 1. */
export const ACTIONS = [
  "swap",
  "load",
  "unload",
  "set-budget",
  "grant",
  "revoke",
  "set-policy",
  "withdraw",
] as const;
export type Action = (typeof ACTIONS)[number];

export type Activation =
  | { readonly at: "once" }
  | { readonly at: "time"; readonly ms: bigint }
  | { readonly at: "height"; readonly height: bigint };

export interface Proposal {
  readonly action: Action;
  /** Returning to a component that ran before is meant. */
  readonly downgrade: boolean;
  readonly network: Uint8Array;
  readonly component: Uint8Array | undefined;
  readonly manifest: Uint8Array | undefined;
  /** The component that must be running, if the governors insist. */
  readonly replaces: Uint8Array | undefined;
  readonly activation: Activation;
  /** Milliseconds since 1970; void from then on. */
  readonly expiryMs: bigint;
  readonly nonce: Uint8Array;
  /** Empty for `set-policy` and `withdraw`. */
  readonly cell: string;
  readonly argument: Uint8Array;
  readonly note: string;
}

const CELL_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
// deno-lint-ignore no-control-regex -- control characters are what is refused
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const FLAG_DOWNGRADE = 1;
const NONE = new Uint8Array(IDENTITY_OCTETS);

/** Which fields an action has; a field that is not listed must be empty. */
const SHAPES: Record<Action, {
  readonly component: boolean;
  readonly manifest: "needed" | "allowed" | "none";
  readonly argument: ArgumentShape;
}> = {
  "swap": { component: true, manifest: "allowed", argument: "report" },
  "load": { component: true, manifest: "needed", argument: "report" },
  "unload": { component: false, manifest: "none", argument: "none" },
  "set-budget": { component: false, manifest: "none", argument: "any" },
  "grant": { component: false, manifest: "none", argument: "any" },
  "revoke": { component: false, manifest: "none", argument: "any" },
  "set-policy": { component: false, manifest: "none", argument: "any" },
  "withdraw": { component: false, manifest: "none", argument: "proposal" },
};
type ArgumentShape = "any" | "report" | "proposal" | "none";

/** The proposal's identity: the hash of its document. */
export const proposalIdentity = identityOf;

/** The document's octets, or the rule that the proposal breaks. */
export function encodeProposal(
  proposal: Proposal,
): Result.Result<Uint8Array<ArrayBuffer>, Malformed> {
  const broken = unencodable(proposal);
  if (broken !== undefined) {
    return Result.fail(
      new Malformed({ document: "proposal", offset: 0, rule: broken }),
    );
  }
  const octets = writeProposal(proposal);
  return Result.map(decodeProposal(octets), () => octets);
}

/** What the fixed fields could not even hold. */
function unencodable(proposal: Proposal): string | undefined {
  const { component, manifest, replaces, network, activation } = proposal;
  for (const identity of [network, component, manifest, replaces]) {
    if (identity !== undefined && !isIdentity(identity)) {
      return "network, component, manifest and replaces are identities";
    }
  }
  if (proposal.nonce.length !== NONCE_OCTETS) return "a nonce is 16 octets";
  const times = [proposal.expiryMs, ...activationValue(activation)];
  if (times.some((time) => time < 0n || time >= 1n << 64n)) {
    return "expiry and activation fit in 64 bits";
  }
  if (utf8(proposal.cell).length > CELL_NAME_OCTETS_MAX) {
    return `a cell's name has at most ${CELL_NAME_OCTETS_MAX} octets`;
  }
  if (proposal.argument.length > ARGUMENT_OCTETS_MAX) {
    return `an argument has at most ${ARGUMENT_OCTETS_MAX} octets`;
  }
  if (utf8(proposal.note).length > NOTE_OCTETS_MAX) {
    return `a note has at most ${NOTE_OCTETS_MAX} octets`;
  }
  return proposal.note.isWellFormed() ? undefined : "a note is Unicode text";
}

function activationValue(activation: Activation): bigint[] {
  if (activation.at === "time") return [activation.ms];
  return activation.at === "height" ? [activation.height] : [];
}

/** Its octets, whether it keeps the rules or not. */
export function writeProposal(proposal: Proposal): Uint8Array<ArrayBuffer> {
  const { activation } = proposal;
  const kind = ["once", "time", "height"].indexOf(activation.at);
  const cell = utf8(proposal.cell);
  const note = utf8(proposal.note);
  return new Writer().text(PROPOSAL_MAGIC).u8(PROPOSAL_VERSION)
    .u8(ACTIONS.indexOf(proposal.action) + 1)
    .u8(proposal.downgrade ? FLAG_DOWNGRADE : 0)
    .octets(proposal.network)
    .octets(proposal.component ?? NONE)
    .octets(proposal.manifest ?? NONE)
    .octets(proposal.replaces ?? NONE)
    .u8(kind).u64(activationValue(activation)[0] ?? 0n)
    .u64(proposal.expiryMs).octets(proposal.nonce)
    .u8(cell.length).octets(cell)
    .u16(proposal.argument.length).octets(proposal.argument)
    .u16(note.length).octets(note)
    .done();
}

/** The proposal, or where its octets break which rule. */
export function decodeProposal(
  octets: Uint8Array,
): Result.Result<Proposal, Malformed> {
  return decodeWith("proposal", octets, readProposal);
}

function readProposal(reader: Reader): Proposal {
  reader.magic(PROPOSAL_MAGIC);
  readVersion(reader);
  const action = readAction(reader);
  const shape = SHAPES[action];
  const downgrade = readFlags(reader, action);
  const networkAt = reader.offset;
  const network = readOptional(reader, "network");
  if (network === undefined) {
    reader.fail("a proposal names its network", networkAt);
  }
  const component = readShaped(
    reader,
    "component",
    action,
    shape.component ? "needed" : "none",
  );
  const manifest = readShaped(reader, "manifest", action, shape.manifest);
  const replaces = readShaped(
    reader,
    "replaces",
    action,
    action === "swap" ? "allowed" : "none",
  );
  const activation = readActivation(reader, action);
  const expiryMs = readExpiry(reader, activation);
  const nonce = reader.octets(NONCE_OCTETS, "nonce");
  const cell = readCell(reader, action);
  const argument = readArgument(reader, action, shape.argument);
  return {
    action,
    downgrade,
    network,
    component,
    manifest,
    replaces,
    activation,
    expiryMs,
    nonce,
    cell,
    argument,
    note: readNote(reader),
  };
}

function readVersion(reader: Reader): void {
  const start = reader.offset;
  const version = reader.u8("version");
  if (version !== PROPOSAL_VERSION) {
    reader.fail(`version ${version}, only ${PROPOSAL_VERSION} is known`, start);
  }
}

function readAction(reader: Reader): Action {
  const start = reader.offset;
  const code = reader.u8("action");
  const action = ACTIONS[code - 1];
  return action ??
    reader.fail(`action ${code}, 1 to ${ACTIONS.length} are known`, start);
}

function readFlags(reader: Reader, action: Action): boolean {
  const start = reader.offset;
  const flags = reader.u8("flags");
  if ((flags & ~FLAG_DOWNGRADE) !== 0) {
    reader.fail(`flags ${flags}, only bit 0 is known`, start);
  }
  if (flags !== 0 && action !== "swap") {
    reader.fail("only a swap can be a downgrade", start);
  }
  return flags === FLAG_DOWNGRADE;
}

function readOptional(reader: Reader, field: string): Uint8Array | undefined {
  const start = reader.offset;
  const octets = reader.octets(IDENTITY_OCTETS, field);
  if (octets.every((octet) => octet === 0)) return undefined;
  if (isIdentity(octets)) return octets;
  return reader.fail(
    `${field} has hash id ${octets[0]}, only ${HASH_BLAKE3} is known`,
    start,
  );
}

function readShaped(
  reader: Reader,
  field: string,
  action: Action,
  need: "needed" | "allowed" | "none",
): Uint8Array | undefined {
  const start = reader.offset;
  const identity = readOptional(reader, field);
  if (need === "needed" && identity === undefined) {
    reader.fail(`${action} needs a ${field}`, start);
  }
  if (need === "none" && identity !== undefined) {
    reader.fail(`${action} has no ${field}`, start);
  }
  return identity;
}

function readActivation(reader: Reader, action: Action): Activation {
  const start = reader.offset;
  const kind = reader.u8("activation");
  if (kind !== 0 && action === "withdraw") {
    reader.fail("a withdrawal takes effect at once", start);
  }
  const valueAt = reader.offset;
  const value = reader.u64("activation value");
  if (kind === 1) return { at: "time", ms: value };
  if (kind === 2) return { at: "height", height: value };
  if (kind !== 0) reader.fail(`activation ${kind}, 0 to 2 are known`, start);
  if (value !== 0n) reader.fail("activation at once has value 0", valueAt);
  return { at: "once" };
}

function readExpiry(reader: Reader, activation: Activation): bigint {
  const start = reader.offset;
  const expiryMs = reader.u64("expiry");
  if (activation.at === "time" && expiryMs <= activation.ms) {
    reader.fail("expiry must be after the activation time", start);
  }
  return expiryMs;
}

function readCell(reader: Reader, action: Action): string {
  const start = reader.offset;
  const length = reader.u8("length of cell");
  if (action === "set-policy" || action === "withdraw") {
    if (length !== 0) reader.fail(`${action} names no cell`, start);
    return "";
  }
  if (length < 1 || length > CELL_NAME_OCTETS_MAX) {
    reader.fail(
      `a cell's name has 1 to ${CELL_NAME_OCTETS_MAX} octets, not ${length}`,
      start,
    );
  }
  const nameAt = reader.offset;
  const cell = reader.text(length, "cell");
  if (!CELL_NAME.test(cell)) {
    reader.fail("a cell's name is lower-case words joined by hyphens", nameAt);
  }
  return cell;
}

function readArgument(
  reader: Reader,
  action: Action,
  allowed: ArgumentShape,
): Uint8Array {
  const start = reader.offset;
  const length = reader.u16("length of argument");
  if (length > 0 && allowed === "none") {
    reader.fail(`${action} has no argument`, start);
  }
  if (length > 0 && allowed === "report" && length !== IDENTITY_OCTETS) {
    reader.fail(`${action} has no argument but a report's hash`, start);
  }
  if (allowed === "proposal" && length !== IDENTITY_OCTETS) {
    reader.fail(`${action} has a proposal's id as its argument`, start);
  }
  if (length > ARGUMENT_OCTETS_MAX) {
    reader.fail(`an argument has at most ${ARGUMENT_OCTETS_MAX} octets`, start);
  }
  const at = reader.offset;
  const argument = reader.octets(length, "argument");
  if (length > 0 && allowed === "report" && !isIdentity(argument)) {
    reader.fail("the report's hash is no identity", at);
  }
  if (allowed === "proposal" && !isIdentity(argument)) {
    reader.fail("the proposal's id is no identity", at);
  }
  return argument;
}

function readNote(reader: Reader): string {
  const start = reader.offset;
  const length = reader.u16("length of note");
  if (length > NOTE_OCTETS_MAX) {
    reader.fail(`a note has at most ${NOTE_OCTETS_MAX} octets`, start);
  }
  const noteAt = reader.offset;
  const note = reader.text(length, "note");
  if (CONTROL.test(note)) reader.fail("a note has control characters", noteAt);
  return note;
}
