/** What the stress test and its threads tell each other. */

export interface Job {
  readonly part:
    | "send"
    | "receive"
    | "publish"
    | "watch"
    | "change"
    | "look";
  readonly memory: SharedArrayBuffer;
  readonly seed: number;
  /** Messages, versions or changes. */
  readonly count: number;
  readonly generation: number;
  readonly before: number;
  /** Number of a reader. */
  readonly reader: number;
  /** What the generation before had come to. */
  readonly state: Progress;
}

export interface Progress {
  /** Messages handled, or the newest version seen. */
  handled: number;
  hash: number;
  /** The position after the last one; undefined: it was not kept. */
  done: number | undefined;
  /** Messages that came again. */
  again: number;
  ended: boolean;
  fault: string | undefined;
}

export const BEGINNING: Progress = {
  handled: 0,
  hash: 0,
  done: undefined,
  again: 0,
  ended: false,
  fault: undefined,
};
