/**
 * What the commands need from the composition root.
 *
 * `main.ts` fills this in; tests fill it with a simulated node. Commands know
 * neither the kernel nor where a node keeps its things.
 */
import type { AvatarCommands } from "./avatar_words.ts";
import type { PolicyReport, PolicyRequest } from "./policy_words.ts";
import type { Report } from "../../conformance/hal/suite/report.ts";
import type { Result } from "../../conformance/hal/suite/run.ts";
import type { Forged, ForgeRequest } from "../forge/forge.ts";
import type { ActivationReport, Answer, Explanation, NodeApi } from "../api.ts";

/** A node that a command may ask, until `close`. */
export interface OpenNode {
  readonly api: NodeApi;
  /** `remote`: a process that runs already; `local`: opened by this one. */
  readonly kind: "remote" | "local";
  /** Its address, or the data directory. */
  readonly place: string;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  /** `default`, `none`, or a file to import into an empty store. */
  readonly genesis: string;
  /** Further names that HTTP clients may use for this node. */
  readonly names: ReadonlyArray<string>;
  /** One line for each step that takes long enough to be noticed. */
  readonly progress: (line: string) => void;
  /** Lines for the operator while the node runs. */
  readonly report: (line: string) => void;
  /** Most octets of a recording of every cell's inputs; without: none is made. */
  readonly recordOctetsMax?: number;
  /** Of so many requests one is followed into the cells, if spans are collected. */
  readonly traceEvery: number;
}

export interface StartedNode {
  readonly api: NodeApi;
  readonly url: string;
  /** The node's own neuron, as text. */
  readonly identity: string;
  /** What is in the store, in words: `1,234 particles · 5,678 links · 12 MiB`. */
  readonly store: string;
  /** Ends only if the node stops by itself; says why. */
  readonly failed: Promise<string>;
  close(): Promise<void>;
}

export interface KeyReport {
  readonly name: string;
  readonly id: string;
  /** False for a public key of somebody else. */
  readonly secret: boolean;
  readonly sealed: boolean;
  /** Its place in an avatar's tree: labels from the avatar down. */
  readonly path?: ReadonlyArray<string> | undefined;
}

/** Works on the files of a data directory, with or without a running node. */
export interface KeyCommands {
  list(data: string): Answer<ReadonlyArray<KeyReport>>;
  create(data: string, name: string): Answer<KeyReport>;
  /** Seals a key that lies in the clear, with the passphrase file's. */
  seal(data: string, name: string): Answer<KeyReport>;
  /** A backup phrase for a new avatar; it is kept nowhere. */
  newPhrase(data: string): Answer<string>;
  /** The avatar of a phrase, new or come back. */
  avatar(data: string, name: string, phrase: string): Answer<KeyReport>;
  /** The key one label below an avatar's key or one of its devices'. */
  derive(
    data: string,
    parent: string,
    label: string,
    as?: string,
  ): Answer<KeyReport>;
  /** The did:key of a key, by name. */
  did(data: string, name: string): Answer<string>;
  /** The text of a public key file. */
  exportPublic(data: string, name: string): Answer<string>;
  importPublic(data: string, text: string, name?: string): Answer<KeyReport>;
  policy(data: string): Answer<PolicyReport>;
  /** The text of a policy file, for `propose set-policy`. */
  makePolicy(data: string, policy: PolicyRequest): Answer<string>;
}

/** What a proposal asks for; which fields there are is the action's. */
export interface ProposeRequest {
  readonly action:
    | "swap"
    | "load"
    | "unload"
    | "set-budget"
    | "grant"
    | "revoke"
    | "set-policy"
    | "withdraw";
  readonly cell: string;
  readonly component?: Uint8Array | undefined;
  /** The cell's entry, for `load`, and for a `swap` that brings another. */
  readonly manifest?: Uint8Array | undefined;
  /** A signed report about the component, where it is a driver. */
  readonly report?: Uint8Array | undefined;
  readonly budget?: {
    readonly class?: "hard" | "soft";
    readonly budgetMs?: number;
    readonly callMs?: number;
    readonly stepMs?: number;
    readonly startMs?: number;
  } | undefined;
  readonly contract?: string | undefined;
  readonly provider?: string | undefined;
  /** The text of a policy file. */
  readonly policy?: string | undefined;
  /** The id of the proposal that is withdrawn. */
  readonly proposal?: string | undefined;
  readonly note?: string | undefined;
  /** The component that must be running. */
  readonly replaces?: string | undefined;
  readonly downgrade: boolean;
  /** From its activation time on, or from now. */
  readonly valid_for_ms?: number | undefined;
  /** Milliseconds since 1970; at once where both are absent. */
  readonly activate_at_ms?: number | undefined;
  /** Signals of the record. */
  readonly activate_at_height?: bigint | undefined;
}

/** A proposal as a file that governors pass on. */
export interface ProposalFile {
  readonly id: string;
  readonly text: string;
  readonly action: string;
  readonly cell: string;
  /** Hash of the component. */
  readonly component: string;
  /** What the argument says, in words. */
  readonly asks: ReadonlyArray<string>;
  readonly activation: ActivationReport;
  readonly expires: string;
  readonly note: string;
  readonly signatures: ReadonlyArray<
    { readonly governor: string; readonly verdict: string }
  >;
  /** How many good ones the node's policy wants; absent if it is not known. */
  readonly threshold?: number | undefined;
}

export interface GovernanceCommands {
  propose(data: string, request: ProposeRequest): Answer<ProposalFile>;
  /** Adds the signature of the key with this name. */
  sign(data: string, text: string, key: string): Answer<ProposalFile>;
  inspect(data: string, text: string): Answer<ProposalFile>;
  /** What travels beside a proposal, from the files that it was made of. */
  attachment(
    text: string,
    files: ReadonlyArray<Uint8Array>,
  ): Answer<Uint8Array>;
}

export interface AuditReport {
  readonly records: number;
  /** Hash of the last record. */
  readonly head: string;
  /** Records that the head beside the log counts; absent without a head. */
  readonly noted: number | undefined;
  /** Octets of a record that was being written. */
  readonly torn_octets: number;
  readonly last: ReadonlyArray<{
    readonly sequence: number;
    readonly time_ms: number;
    readonly kind: string;
    readonly facts: Readonly<Record<string, string>>;
    readonly line: string;
  }>;
}

/** A driver that is in the program's own folder. */
export interface KnownDriver {
  /** `platform/device`. */
  readonly name: string;
  readonly contract: string;
  readonly about: string;
  readonly folder: string;
}

/** What is known of a run before its first case ends. */
export type ReportHead = Omit<Report, "results" | "profile" | "platform">;

export interface ConformRequest {
  /** Undefined: whatever the driver is for. */
  readonly contract: string | undefined;
  /** A known name, or the path of a driver's folder or module. */
  readonly driver: string;
  readonly seed: number;
  /** Only cases with this in their name. */
  readonly only: string | undefined;
  /** The text of an expectations file. */
  readonly expectations: string | undefined;
  readonly profile: boolean;
  readonly onResult: (
    head: ReportHead,
    result: Result,
    index: number,
    total: number,
  ) => void;
}

/** The conformance suites for drivers. */
export interface Conformance {
  readonly suites: ReadonlyArray<{
    readonly contract: string;
    readonly about: string;
    readonly cases: ReadonlyArray<string>;
    /** Wrong drivers that the suite is known to catch. */
    readonly mutants: number;
  }>;
  drivers(): ReadonlyArray<KnownDriver>;
  /** The report, or why the driver cannot run here. Throws a `Refusal`. */
  run(
    request: ConformRequest,
  ): Promise<
    | { readonly report: Report; readonly absent?: never }
    | { readonly absent: string; readonly report?: never }
  >;
}

/** What a signed report says, and how it fits what is here. */
export interface CheckedReport {
  readonly driver: string;
  readonly contract: string;
  readonly platform: string;
  readonly seed: number;
  readonly result: "PASSED" | "WARNED" | "FAILED";
  readonly passed: number;
  readonly warned: number;
  readonly failed: number;
  readonly left_out: number;
  readonly signers: ReadonlyArray<{
    readonly id: string;
    /** In the key store of the data directory. */
    readonly name?: string | undefined;
  }>;
  /** Whether the driver here is the one that was tested, octet by octet. */
  readonly driver_here: "same" | "changed" | "absent";
  /** The same of contract and suite. */
  readonly suite_here: "same" | "changed" | "absent";
}

/** Reports of suites as signed documents. */
export interface Attestations {
  /** The text of a signed report; `key` is a name in the key store. */
  attest(data: string, key: string, report: Report): Answer<string>;
  /** Refuses what is not signed well. */
  check(data: string, text: string): Answer<CheckedReport>;
}

export interface ReplayRequest {
  readonly file: string;
  readonly cell?: string | undefined;
  readonly generation?: number | undefined;
  /** A component that is replayed in place of the recorded one. */
  readonly component?: string | undefined;
  readonly progress: (line: string) => void;
}

export interface ReplayedLife {
  readonly cell: string;
  readonly generation: number;
  readonly recorded: string;
  readonly replayed: string;
  readonly calls: number;
  readonly questions: number;
  readonly octets: number;
  readonly end: string;
  /** The first one. */
  readonly difference?: {
    readonly frame: number;
    readonly during: string;
    readonly what: string;
    readonly path: string;
    readonly want: string;
    readonly got: string;
  };
}

/** What replaying a recording came to. */
export interface Replayed {
  readonly frames: number;
  readonly end: string;
  /** What is wrong with the recording, and where. */
  readonly damaged?: string;
  readonly lives: ReadonlyArray<ReplayedLife>;
  /** Every life on the recording, as `cell/generation`. */
  readonly known: ReadonlyArray<string>;
}

/** What one reading of the store came to. */
export interface StoreReading {
  readonly height: number;
  readonly links: number;
  readonly particles: number;
  readonly contents: number;
  readonly octets: number;
  /** State root. */
  readonly root: string;
  /** Signals that a checkpoint gave; absent where none was read. */
  readonly checkpoint?: number | undefined;
  readonly warnings: ReadonlyArray<string>;
}

/** The store by the log alone, and as a start reads it; the roots agree. */
export interface StoreReport {
  readonly log: StoreReading;
  readonly start: StoreReading;
}

/** A store and its archive, which agree. */
export interface ArchiveReport {
  readonly height: number;
  /** State root. */
  readonly root: string;
  readonly appends: number;
  /** Of the archive. */
  readonly octets: number;
  /** Signals that were in the store before. */
  readonly before: number;
}

/** An explanation beside what the store's own links come to. */
export interface Recomputed {
  readonly holds: boolean;
  /** Figures that were compared, and the largest difference of all. */
  readonly figures: number;
  readonly largest: number;
  /** What is not as it was said. */
  readonly differences: ReadonlyArray<string>;
}

type Tell = (text: string) => void;

export interface Composition {
  readonly version: string;
  /** A running node of the data directory, else the store itself. */
  openNode(data: string): Answer<OpenNode>;
  startNode(options: StartOptions): Answer<StartedNode>;
  readonly keys: KeyCommands;
  readonly governance: GovernanceCommands;
  /** The audit log of a data directory, verified; its last records. */
  audit(data: string, last: number): Answer<AuditReport>;
  /** Reads the store by its log alone and as a start does; needs no node. */
  fsck(data: string, progress: (text: string) => void): Answer<StoreReport>;
  /** As `fsck`, after a new checkpoint was made from the log. */
  rebuild(data: string, progress: (text: string) => void): Answer<StoreReport>;
  /** Gives the store's archive to `write`, in order; needs no node. */
  exportStore(
    data: string,
    write: (octets: Uint8Array) => void,
    progress: (text: string) => void,
  ): Answer<ArchiveReport>;
  /** Fills an empty store, or goes on with one; needs no node. */
  restoreStore(
    data: string,
    pieces: AsyncIterable<Uint8Array>,
    name: string,
    progress: (text: string) => void,
  ): Answer<ArchiveReport>;
  /** Computes an explanation again from the store; needs no node. */
  recompute(data: string, answer: Explanation, tell: Tell): Answer<Recomputed>;
  /** The same from an exported store, whose file is called `name`. */
  recomputeFrom(
    pieces: AsyncIterable<Uint8Array>,
    name: string,
    answer: Explanation,
    tell: Tell,
  ): Answer<Recomputed>;
  /** Needs no node. */
  replay(request: ReplayRequest): Answer<Replayed>;
  readonly conformance: Conformance;
  readonly attestations: Attestations;
  readonly avatars: AvatarCommands;
  /** Has a model write a driver. Throws a `Refusal`. */
  forge(request: ForgeRequest): Promise<Forged>;
}
