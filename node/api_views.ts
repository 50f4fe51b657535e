/**
 * The part of a node's answers that is about names, past heights, what
 * operations came to, and evidence. `NodeApi` has the rest.
 */
import type {
  Answer,
  End,
  LinkInput,
  LinkPage,
  LinkReport,
  ProofReport,
  Receipt,
  StateReport,
} from "./api.ts";

/** Which run of a long list: `next` of the page before, and how many at most. */
export interface Page {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Who this node is in the graph. */
export interface IdentityReport {
  readonly neuron: string;
  /** Identity of its network, and the network's name. */
  readonly network: string;
  readonly name: string;
}

/** What a name stands for. */
export interface NameValue {
  readonly cid: string;
  /** Of the link that says so, and who made it. */
  readonly height: number;
  readonly by: string;
  readonly text?: string | undefined;
  readonly size?: number | undefined;
  readonly known: boolean;
}

export interface NameEntry {
  /** Absent where the text is not here, or cannot be a segment. */
  readonly segment?: string | undefined;
  readonly particle: string;
  readonly card: string;
  readonly owner?: string | undefined;
  /** What it stands for. */
  readonly cid?: string | undefined;
  /** At which height it was last bound or removed. */
  readonly height?: number | undefined;
  /** Whether it was removed. */
  readonly removed: boolean;
  /** Whether there are names below it. */
  readonly directory: boolean;
}

/** A name at a height, and the names below it. */
export interface NameReport {
  /** `~NEURON/segment/…` */
  readonly path: string;
  readonly neuron: string;
  readonly at: number;
  /** Where links to names below begin. */
  readonly directory: string;
  /** Absent for the neuron's own space, which is no name. */
  readonly card?: {
    readonly id: string;
    /** The particle that the card names. */
    readonly particle: string;
    /** Absent where the name is not there at that height. */
    readonly made?: number | undefined;
    /** Absent also where it is not known any more. */
    readonly owner?: string | undefined;
    readonly since?: number | undefined;
  } | undefined;
  readonly value?: NameValue | undefined;
  readonly entries: ReadonlyArray<NameEntry>;
  readonly next?: string | undefined;
}

export interface NameChange {
  readonly height: number;
  readonly what: "bound" | "removed" | "given";
  /** Who did it; of `given`, who owns it from then on. */
  readonly by: string;
  /** What the name stands for from then on. */
  readonly cid?: string | undefined;
}

export interface NameHistory {
  readonly path: string;
  /** Newest first. */
  readonly changes: ReadonlyArray<NameChange>;
  readonly next?: string | undefined;
  /** Who owned the name before the last change is not known any more. */
  readonly forgotten: boolean;
}

export interface LinksAtPage extends LinkPage {
  /** The height that the page is of. */
  readonly at: number;
  readonly links: ReadonlyArray<LinkReport & { readonly index: number }>;
}

/** That one link is in the record; `octets` is base64. */
export interface LinkProofReport {
  readonly link: number;
  readonly place: "neuron" | "from" | "to";
  readonly height: number;
  readonly root: string;
  readonly octets: string;
}

/** Numbers of coins are below 2^48. `End`s of particles may be texts. */
export type OperationInput =
  | {
    readonly op: "coin";
    readonly name: End;
    readonly cap?: number | undefined;
    readonly rule?: "anybody" | "authority" | "nobody" | undefined;
  }
  | {
    readonly op: "mint" | "pay";
    readonly token: string;
    readonly to: string;
    readonly amount: number;
  }
  | { readonly op: "lock" | "unlock"; readonly amount: number }
  | { readonly op: "box"; readonly link: number }
  | {
    readonly op: "transfer" | "spend";
    readonly box: string;
    readonly to: string;
  }
  | { readonly op: "withdraw"; readonly box: string }
  | { readonly op: "card"; readonly particle: End }
  | { readonly op: "give"; readonly card: string; readonly to: string };

export interface OperationsReceipt extends Receipt {
  /** What operations made, by their number. */
  readonly made: ReadonlyArray<
    {
      readonly operation: number;
      readonly kind: "coin" | "box" | "card";
      readonly id: string;
    }
  >;
}

export interface CoinReport {
  readonly token: string;
  /** Where a link from the name to the token says so. */
  readonly name?: string | undefined;
  readonly authority: string;
  readonly supply: number;
  /** Absent where there is none. */
  readonly cap?: number | undefined;
  readonly rule: "anybody" | "authority" | "nobody";
}

export interface BalanceReport {
  readonly token: string;
  readonly name?: string | undefined;
  readonly amount: number;
  readonly nonce: number;
}

export interface BoxReport {
  readonly box: string;
  readonly token: string;
  readonly amount: number;
  readonly author: string;
  readonly owner: string;
}

export interface CardReport {
  readonly card: string;
  readonly particle: string;
  readonly text?: string | undefined;
  readonly creator: string;
  readonly owner?: string | undefined;
  readonly made: number;
}

export interface Listed<A> {
  readonly items: ReadonlyArray<A>;
  readonly next?: string | undefined;
}

/** Two signals of one neuron with one step. */
export interface EvidenceReport {
  readonly id: string;
  readonly neuron: string;
  readonly step: number;
  readonly signals: readonly [string, string];
  readonly octets: number;
}

/** Whose avatar a neuron is, by the latest edition of the statement. */
export interface AvatarReport {
  readonly neuron: string;
  /** The height that is asked about. */
  readonly at: number;
  /** Whether it is the avatar, is named, or is not named any more. */
  readonly standing: "avatar" | "neuron" | "left-out";
  readonly avatar: string;
  readonly edition: number;
  /** Milliseconds since 1970, as the signers believed. */
  readonly time: number;
  readonly neurons: ReadonlyArray<string>;
  /** The particle whose content the statement is. */
  readonly statement: string;
  /** Identity of what was signed. */
  readonly id: string;
  /** Of the link that binds it, and who made it. */
  readonly height: number;
  readonly by: string;
}

export interface ViewsApi {
  identity(): Answer<IdentityReport>;
  /** Paths begin with `~` and a neuron, or `~me`; `at` is a height, or now. */
  name(path: string, page: Page, at?: number): Answer<NameReport>;
  nameHistory(path: string, page: Page): Answer<NameHistory>;
  linksAt(
    cid: string,
    side: "in" | "out",
    page: Page,
    at: number,
  ): Answer<LinksAtPage>;
  /** Links that a neuron made. */
  linksOf(neuron: string, page: Page, at?: number): Answer<LinksAtPage>;
  stateAt(at: number): Answer<StateReport>;
  proofAt(
    at: number,
    index: string,
    from: string,
    to: string,
  ): Answer<ProofReport>;
  /** Without a place: the one of the link's namespaces that has a proof. */
  linkProof(
    link: number,
    place?: "neuron" | "from" | "to",
    at?: number,
  ): Answer<LinkProofReport>;
  /** Signs links and operations as the node's neuron, in one signal. */
  operate(
    links: ReadonlyArray<LinkInput>,
    operations: ReadonlyArray<OperationInput>,
  ): Answer<OperationsReceipt>;
  coins(page: Page): Answer<Listed<CoinReport>>;
  coin(token: string): Answer<CoinReport>;
  balances(holder: string, page: Page): Answer<Listed<BalanceReport>>;
  boxes(owner: string, page: Page): Answer<Listed<BoxReport>>;
  cards(
    holder: string,
    part: "created" | "owned",
    page: Page,
  ): Answer<Listed<CardReport>>;
  /** What this node has seen of neurons that signed two signals of one step. */
  evidence(page: Page): Answer<Listed<EvidenceReport>>;
  /** The pair as octets, for whoever checks it himself. */
  evidenceOctets(id: string): Answer<Uint8Array>;
  /** Checks a pair that somebody else has found, and keeps it. */
  submitEvidence(octets: Uint8Array): Answer<EvidenceReport>;
  /** Whose avatar a neuron is; refused where it states none. */
  avatar(neuron: string, at?: number): Answer<AvatarReport>;
  /** Binds the name `~me/avatar` to a statement that names the node's neuron. */
  stateAvatar(octets: Uint8Array): Answer<AvatarReport>;
}
