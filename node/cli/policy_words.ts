/** A policy as the commands show it, and as they ask for a new one. */

export interface PolicyReport {
  /** k of n. */
  readonly threshold: number;
  readonly governors: ReadonlyArray<{
    readonly id: string;
    readonly name?: string | undefined;
    /** The actions that its signature may begin. */
    readonly proposes: ReadonlyArray<string>;
  }>;
  /** What drivers need; nothing where it is absent. */
  readonly reports?: {
    readonly conformers: ReadonlyArray<string>;
    readonly days: number;
  } | undefined;
}

/** A new policy, its governors by the names that the key store has. */
export interface PolicyRequest {
  readonly governors: ReadonlyArray<string>;
  readonly threshold: number;
  /** `NAME` or `NAME=ACTION,…`; none: every governor, everything. */
  readonly proposers: ReadonlyArray<string>;
  /** Keys whose signed reports let drivers in; none: reports are not needed. */
  readonly conformers?: ReadonlyArray<string>;
  /** How old a report may be; 0: however old. */
  readonly reportDays?: number;
}
