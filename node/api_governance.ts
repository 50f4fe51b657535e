/** The part of a node's answers that is about proposals. `NodeApi` has the rest. */

/** When a proposal takes effect. */
export interface ActivationReport {
  readonly at: "once" | "time" | "height";
  /** ISO 8601; of a time. */
  readonly time?: string | undefined;
  /** Signals of the record, in decimal digits; of a height. */
  readonly height?: string | undefined;
}

/** A proposal as the node keeps it; `document` is base64 of its octets. */
export interface ProposalReport {
  readonly id: string;
  readonly action: string;
  readonly cell: string;
  readonly component: string;
  readonly state: string;
  /** Why it was refused or rolled back; or what executing it did. */
  readonly detail?: string | undefined;
  readonly signers: ReadonlyArray<string>;
  readonly threshold: number;
  readonly activation: ActivationReport;
  readonly expires: string;
  readonly note: string;
  readonly pause_ms?: number | undefined;
  /** Of a withdrawal: the id of the proposal that it takes back. */
  readonly withdraws?: string | undefined;
}

/** A cell's class, budget and limits. */
export interface TermsReport {
  readonly class: "hard" | "soft";
  readonly budget_ms: number;
  readonly call_ms: number;
  readonly step_ms: number;
  readonly start_ms: number;
}

export interface Difference {
  readonly gained: ReadonlyArray<string>;
  readonly lost: ReadonlyArray<string>;
}

/** What would change of a cell or of the policy. */
export interface ChangesReport {
  /** What becomes of the cell's generation. */
  readonly effect: "nothing" | "restart" | "start" | "stop";
  /** Of a cell; absent for a policy. */
  readonly changes?: {
    readonly exports: Difference;
    readonly imports: Difference;
    /** `CONTRACT from PROVIDER`. */
    readonly capabilities: Difference;
    /** The admission test's sum. */
    readonly admission: { readonly before: string; readonly after: string };
    readonly terms_before?: TermsReport | undefined;
    readonly terms_after?: TermsReport | undefined;
  } | undefined;
  readonly policy?: {
    /** `2 of 3`. */
    readonly before: string;
    readonly after: string;
    readonly governors: Difference;
    readonly rights: ReadonlyArray<{
      readonly governor: string;
      readonly before: ReadonlyArray<string>;
      readonly after: ReadonlyArray<string>;
    }>;
    /** What drivers need, where it differs. */
    readonly reports?:
      | { readonly before: string; readonly after: string }
      | undefined;
  } | undefined;
}

/** What one that waits would do, were it its turn now. */
export interface OutlookReport extends ChangesReport {
  readonly proposal: ProposalReport;
  /** Ids of those that wait and change the same thing before. */
  readonly behind: ReadonlyArray<string>;
  /** Why it would be refused; empty where it would not, or is not known. */
  readonly refusals: ReadonlyArray<string>;
}

/** What a proposal would change; nothing was changed. */
export interface DryRunReport extends ChangesReport {
  readonly id: string;
  readonly action: string;
  readonly cell: string;
  readonly component: string;
  readonly running: string;
  readonly signers: ReadonlyArray<string>;
  readonly threshold: number;
  readonly activation: ActivationReport;
  /** False where it would wait for its time or height. */
  readonly active: boolean;
  /** Of the record now, where it would wait for one. */
  readonly height?: string | undefined;
  /** Ids of those that wait and change the same cell before; not reckoned in. */
  readonly behind: ReadonlyArray<string>;
  /** Why it would be refused as it is; empty if it would be executed. */
  readonly refusals: ReadonlyArray<string>;
  /** What a withdrawal takes back, and those that wait behind that. */
  readonly withdrawal?: {
    readonly target: OutlookReport;
    /** Each as if the withdrawn one had never been. */
    readonly chain: ReadonlyArray<OutlookReport>;
  } | undefined;
}
