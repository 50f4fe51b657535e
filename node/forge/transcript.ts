/**
 * The transcript of a forging: a line of JSON for what it is about, and one for
 * each attempt. `--resume` goes on from the last whole line.
 *
 * The key is in none of them: the process that writes this never has it.
 */
import { BadAnswer, checkFiles, type Sources } from "./answer.ts";

/** What must be the same to go on. */
export interface Subject {
  readonly forge: 1;
  readonly contract: string;
  readonly model: string;
  readonly endpoint: string;
  readonly seed: number;
  /** Only the cases whose id has this in it. */
  readonly only: string | null;
}

export interface Attempt {
  readonly attempt: number;
  readonly tokens: number;
  /** Estimated from the octets, because the endpoint named none. */
  readonly estimate: boolean;
  /** What the model said, whole. */
  readonly answer: string;
  /** The files after it. */
  readonly files: ReadonlyArray<readonly [string, string]>;
  readonly compiled: boolean;
  readonly failed: number;
  readonly total: number;
  /** What the model is told next; empty where nothing is left to mend. */
  readonly feedback: string;
}

/** The transcript is not one that forge can go on from. */
export class BadTranscript extends Error {
  override readonly name = "BadTranscript";
}

export function lineOf(entry: Subject | Attempt): string {
  return `${JSON.stringify(entry)}\n`;
}

/** Reads it; a last line that was cut short does not count. */
export function readTranscript(
  text: string,
): { readonly subject: Subject; readonly attempts: ReadonlyArray<Attempt> } {
  const lines = text.split("\n").slice(0, -1);
  const [first, ...others] = lines.map((line, index) => {
    try {
      return objectOf(JSON.parse(line));
    } catch {
      throw new BadTranscript(`line ${index + 1} is not a JSON object`);
    }
  });
  if (first === undefined) throw new BadTranscript("it is empty");
  return {
    subject: subjectOf(first),
    attempts: others.map((one, index) => attemptOf(one, index)),
  };
}

export function filesIn(attempt: Attempt): Sources {
  return new Map(attempt.files);
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadTranscript("not an object");
  }
  return value as Fields;
}

function subjectOf(from: Fields): Subject {
  const { forge, only } = from;
  const text = (key: string) => textIn(from, key, 1);
  if (forge !== 1) throw new BadTranscript("line 1 is not of this forge");
  if (only !== null && typeof only !== "string") {
    throw new BadTranscript("line 1 has no only");
  }
  return {
    forge,
    contract: text("contract"),
    model: text("model"),
    endpoint: text("endpoint"),
    seed: countIn(from, "seed", 1),
    only,
  };
}

function attemptOf(from: Fields, index: number): Attempt {
  const line = index + 2;
  const { files, estimate, compiled } = from;
  if (typeof estimate !== "boolean" || typeof compiled !== "boolean") {
    throw new BadTranscript(`line ${line} has no estimate or compiled`);
  }
  if (countIn(from, "attempt", line) !== index + 1) {
    throw new BadTranscript(`line ${line} is not attempt ${index + 1}`);
  }
  if (!Array.isArray(files)) throw new BadTranscript(`line ${line}: files`);
  const pairs = files.map((pair: unknown): readonly [string, string] => {
    const [name, text] = Array.isArray(pair) ? pair : [];
    if (typeof name === "string" && typeof text === "string") {
      return [name, text];
    }
    throw new BadTranscript(`line ${line}: a file is a name and a text`);
  });
  try {
    checkFiles(new Map(pairs));
  } catch (error) {
    if (!(error instanceof BadAnswer)) throw error;
    throw new BadTranscript(`line ${line}: ${error.message}`);
  }
  return {
    attempt: index + 1,
    tokens: countIn(from, "tokens", line),
    estimate,
    answer: textIn(from, "answer", line),
    files: pairs,
    compiled,
    failed: countIn(from, "failed", line),
    total: countIn(from, "total", line),
    feedback: textIn(from, "feedback", line),
  };
}

function textIn(from: Fields, key: string, line: number): string {
  const value = from[key];
  if (typeof value === "string") return value;
  throw new BadTranscript(`line ${line} has no ${key}`);
}

function countIn(from: Fields, key: string, line: number): number {
  const value = from[key];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) {
    return value;
  }
  throw new BadTranscript(`line ${line} has no ${key}`);
}
