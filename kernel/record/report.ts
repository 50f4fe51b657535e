/** What a replay found. */

/** The first place where a cell did something else than on the recording. */
export interface Difference {
  /** Number of the frame that was expected. */
  readonly frame: number;
  readonly cell: string;
  readonly generation: number;
  /** The call that was made: contract and method. */
  readonly during: string;
  /** `answer`, `question`, `ending` or `memory`. */
  readonly what: string;
  /** Place in the value, such as `.val[3].amount`; empty for the whole. */
  readonly path: string;
  readonly want: string;
  readonly got: string;
}

export interface LifeReport {
  readonly cell: string;
  readonly generation: number;
  /** Of the component that was recorded, and of the one that was replayed. */
  readonly recorded: string;
  readonly replayed: string;
  readonly calls: number;
  /** Questions that the cell asked its host. */
  readonly questions: number;
  /** Octets of answers and questions that were compared. */
  readonly octets: number;
  /** How it ended, and what could not be compared, in words. */
  readonly end: string;
  readonly difference?: Difference;
}

export interface ReplayReport {
  readonly frames: number;
  /** How the recording ends, in words. */
  readonly end: string;
  /** Where and how the recording is damaged; what was before was compared. */
  readonly damaged?: string;
  readonly lives: readonly LifeReport[];
  /** Every life that the recording has, as `cell/generation`. */
  readonly known: readonly string[];
}
