/**
 * Answers the questions of one call from the recording.
 *
 * The first question that is not the recorded one ends the call, and so does
 * one behind the end of what was recorded.
 */
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import { parting, shown } from "./difference.ts";
import {
  bodyOf,
  Breaking,
  type Frame,
  readQuestion,
  valueOf,
  writeHead,
  writeQuestion,
} from "./frame.ts";
import { FRAME_OCTETS_MAX } from "./limits.ts";
import { OctetWriter, sameOctets } from "./octets.ts";

/** Without what is known of the life. */
export interface Deviation {
  readonly frame: number;
  readonly what: string;
  readonly path: string;
  readonly want: string;
  readonly got: string;
}

/** Ends a call of a cell that is not to go on. */
class Stop extends Error {
  override readonly name = "Stop";
}

type AnyFunction = (...args: unknown[]) => unknown;

export class Script {
  /** The first question that differs. */
  deviation: Deviation | undefined;
  /** It came to where the recording of this call ends without an end. */
  isBeyond = false;
  questions = 0;
  octets = 0;
  readonly #out = new OctetWriter(FRAME_OCTETS_MAX);
  #frames: readonly Frame[] = [];
  #end: Frame | undefined;
  #at = 0;

  /** The next call: its questions and answers, and how it ended. */
  begin(frames: readonly Frame[], end: Frame | undefined): void {
    this.#frames = frames;
    this.#end = end;
    this.#at = 0;
  }

  /** A recorded question that was not asked. */
  get unasked(): Frame | undefined {
    return this.#frames[this.#at];
  }

  /** Implements a contract. */
  host(binding: InterfaceBinding<unknown>): Record<string, AnyFunction> {
    return Object.fromEntries(binding.functions.map(({ method }) => {
      const out = new OctetWriter(FRAME_OCTETS_MAX);
      writeHead(out, binding.name, method);
      const head = out.written.slice();
      return [method, (...args: unknown[]) => this.#answer(head, args)];
    }));
  }

  #answer(head: Uint8Array, args: readonly unknown[]): unknown {
    if (this.deviation !== undefined) throw new Stop("it went another way");
    const out = this.#out;
    out.rewind(0);
    writeQuestion(out, head, args);
    const asked = out.written;
    const frame = this.#frames[this.#at];
    if (frame === undefined) return this.#unexpected(asked);
    if (!sameOctets(frame.body, asked)) {
      this.deviation = otherQuestion(frame, asked);
      throw new Stop("it asked something else");
    }
    this.#at += 1;
    this.questions += 1;
    this.octets += asked.length;
    const reply = this.#frames[this.#at];
    if (reply === undefined) return this.#beyond();
    this.#at += 1;
    if (reply.kind === "threw") throw errorOf(bodyOf(reply, Breaking));
    return valueOf(reply);
  }

  #unexpected(asked: Uint8Array): never {
    const end = this.#end;
    if (end === undefined) return this.#beyond();
    this.deviation = {
      frame: end.number,
      what: "question",
      path: "",
      want: inWords(end),
      got: questionInWords(asked),
    };
    throw new Stop("it asked more");
  }

  #beyond(): never {
    this.isBeyond = true;
    throw new Stop("the recording of this call ends here");
  }
}

function otherQuestion(frame: Frame, asked: Uint8Array): Deviation {
  const { number } = frame;
  const about = { frame: number, what: "question" };
  const want = readQuestion(frame.body);
  const got = readQuestion(asked);
  const isSame = want.contract === got.contract && want.method === got.method;
  const where = isSame ? parting(want.args, got.args) : undefined;
  return where === undefined
    ? {
      ...about,
      path: "",
      want: questionInWords(frame.body),
      got: questionInWords(asked),
    }
    : {
      ...about,
      what: `question ${got.contract} ${got.method}`,
      ...where,
      path: `arguments${where.path}`,
    };
}

function questionInWords(octets: Uint8Array): string {
  const { contract, method, args } = readQuestion(octets);
  return `the question ${contract} ${method} ${shown(args)}`;
}

/** What a frame stands for, where something else happened. */
export function inWords(frame: Frame): string {
  switch (frame.kind) {
    case "asked":
      return questionInWords(frame.body);
    case "answered":
      return `the answer ${shown(valueOf(frame))}`;
    case "ended":
    case "refused": {
      const { kind, reason } = bodyOf(frame, Breaking);
      return `${kind}: ${reason}`;
    }
    default:
      return frame.kind;
  }
}

/** The same class where the engine looks at it. */
function errorOf({ kind, reason }: Breaking): Error {
  if (kind === "RangeError") return new RangeError(reason);
  const error = new Error(reason);
  error.name = kind;
  return error;
}
