/**
 * Refusals as RFC 9457 problem documents, and back.
 *
 * One table gives each kind of refusal its status and title. What a stranger
 * reads never holds paths, keys or stack traces: the text of a `failed` goes to
 * the operator's log only, and file paths are cut out of the others.
 */
import { Refusal } from "../api.ts";

export type ProblemKind =
  | Refusal["kind"]
  | "method-not-allowed"
  | "wrong-content-type"
  | "target-too-long"
  | "bad-range"
  | "misdirected";

interface ProblemClass {
  readonly status: number;
  readonly title: string;
  /** The refusal that a client makes of it. */
  readonly refusal: Refusal["kind"];
}

const CLASSES: Readonly<Record<ProblemKind, ProblemClass>> = {
  invalid: { status: 400, title: "Bad request", refusal: "invalid" },
  unauthorised: {
    status: 403,
    title: "Not authorised",
    refusal: "unauthorised",
  },
  "not-found": { status: 404, title: "Not found", refusal: "not-found" },
  "method-not-allowed": {
    status: 405,
    title: "Method not allowed",
    refusal: "invalid",
  },
  conflict: { status: 409, title: "Conflict", refusal: "conflict" },
  "too-large": { status: 413, title: "Too large", refusal: "too-large" },
  "target-too-long": {
    status: 414,
    title: "Address too long",
    refusal: "too-large",
  },
  "wrong-content-type": {
    status: 415,
    title: "Wrong content type",
    refusal: "invalid",
  },
  "bad-range": {
    status: 416,
    title: "Range not satisfiable",
    refusal: "invalid",
  },
  misdirected: {
    status: 421,
    title: "Misdirected request",
    refusal: "unauthorised",
  },
  "too-many": { status: 429, title: "Too many requests", refusal: "too-many" },
  failed: { status: 500, title: "Internal fault", refusal: "failed" },
  unavailable: { status: 503, title: "Unavailable", refusal: "unavailable" },
  full: { status: 507, title: "No room", refusal: "full" },
};

const TYPE_PREFIX = "urn:karyon:problem:";

/** Why a request got no answer; thrown inside the server only. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly kind: ProblemKind,
    readonly detail: string,
    readonly more: {
      readonly fix?: string | undefined;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
  }

  get status(): number {
    return CLASSES[this.kind].status;
  }
}

/** The document of a problem. */
export function problemBody(problem: Problem): Record<string, unknown> {
  const { status, title } = CLASSES[problem.kind];
  return {
    type: TYPE_PREFIX + problem.kind,
    title,
    status,
    detail: problem.detail,
    ...(problem.more.fix === undefined ? {} : { fix: problem.more.fix }),
  };
}

export function problemResponse(problem: Problem): Response {
  return new Response(JSON.stringify(problemBody(problem)) + "\n", {
    status: problem.status,
    headers: {
      ...problem.more.headers,
      "content-type": "application/problem+json",
    },
  });
}

/**
 * What a stranger may read of a node's refusal. `report` gets the text that was
 * kept back, with the reference under which the stranger knows it.
 */
export function problemOf(
  refusal: Refusal,
  toOperator: boolean,
  report: (reference: string, text: string) => void,
): Problem {
  const { kind, message, fix } = refusal;
  const headers = kind === "unavailable" || kind === "too-many"
    ? { "retry-after": "1" }
    : {};
  if (toOperator) return new Problem(kind, message, { fix, headers });
  if (kind === "failed") return hiddenFault(message, report);
  return new Problem(kind, withoutPaths(message), {
    fix: fix === undefined ? undefined : withoutPaths(fix),
    headers,
  });
}

/** A fault of this node: the stranger learns a reference, the operator why. */
export function hiddenFault(
  text: string,
  report: (reference: string, text: string) => void,
): Problem {
  const reference = crypto.randomUUID().slice(0, 8);
  report(reference, text);
  return new Problem(
    "failed",
    `this node is at fault; its log says more under ${reference}`,
  );
}

const FILE_PATH =
  /(?:[A-Za-z]:\\|\\\\|file:\/\/\/?|(?<![A-Za-z0-9_./:])\/)(?:[^\s"'`/\\]+[/\\])*[^\s"'`/\\]+/gu;

/** The same text with every absolute file path cut out. */
export function withoutPaths(text: string): string {
  return text.replaceAll(
    FILE_PATH,
    (path) => path.startsWith("/v1/") ? path : "(path)",
  );
}

/** The refusal that a problem document stands for, if it is one of ours. */
export function refusalOfProblem(
  status: number,
  document: {
    readonly type: string;
    readonly detail: string;
    readonly fix?: string;
  },
): Refusal {
  const name = document.type.startsWith(TYPE_PREFIX)
    ? document.type.slice(TYPE_PREFIX.length)
    : "";
  const known = Object.hasOwn(CLASSES, name)
    ? CLASSES[name as ProblemKind]
    : undefined;
  return new Refusal({
    kind: known?.refusal ?? kindOfStatus(status),
    message: document.detail,
    ...(document.fix === undefined ? {} : { fix: document.fix }),
  });
}

/** The nearest kind for a status that came without a problem document. */
export function kindOfStatus(status: number): Refusal["kind"] {
  for (const { status: own, refusal } of Object.values(CLASSES)) {
    if (own === status) return refusal;
  }
  return status >= 500 ? "failed" : "invalid";
}
