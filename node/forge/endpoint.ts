/**
 * One question to an OpenAI-compatible endpoint: `POST {base}/chat/completions`.
 *
 * The response is bounded while it is read, and decoded strictly; it leads to
 * no other address. The key is taken out of everything that is handed on, also
 * where the endpoint says it back.
 */
import { bounded } from "./process_io.ts";
import { RESPONSE_OCTETS_MAX } from "./limits.ts";

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface Question {
  readonly base: string;
  readonly model: string;
  readonly messages: ReadonlyArray<Message>;
  readonly tokensMax: number;
  readonly withinMs: number;
}

export type Reply =
  | {
    readonly kind: "answer";
    readonly text: string;
    /** Of question and answer; estimated from the octets where it says none. */
    readonly tokens: number;
    readonly isEstimate: boolean;
    /** It ended because there was no room for more. */
    readonly isCut: boolean;
  }
  /** It may be asked again. */
  | {
    readonly kind: "busy";
    readonly reason: string;
    readonly afterMs?: number;
  }
  | { readonly kind: "failed"; readonly reason: string; readonly fix: string };

const REASON_CHARS_MAX = 300;
const OCTETS_PER_TOKEN = 4;
const BUSY = new Set([408, 425, 429, 500, 502, 503, 504, 529]);

/** Never rejects; `key` is sent as a bearer token. */
export async function askEndpoint(
  question: Question,
  key: string | undefined,
): Promise<Reply> {
  const body = JSON.stringify({
    model: question.model,
    messages: question.messages,
    max_tokens: question.tokensMax,
    stream: false,
  });
  const reader = new Reader(key);
  try {
    const response = await fetch(`${question.base}/chat/completions`, {
      method: "POST",
      body,
      redirect: "manual",
      headers: {
        "content-type": "application/json",
        "accept": "application/json",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      signal: AbortSignal.timeout(question.withinMs),
    });
    return await reader.read(response, body.length);
  } catch (error) {
    return reader.unreachable(error, question);
  }
}

/** Reads one response; nothing that it gives has the key in it. */
class Reader {
  constructor(private readonly key: string | undefined) {}

  async read(response: Response, asked: number): Promise<Reply> {
    const octets = response.body === null
      ? new Uint8Array()
      : await bounded(response.body, RESPONSE_OCTETS_MAX);
    if (octets === undefined) {
      return failed(
        `it answered with over ${RESPONSE_OCTETS_MAX} octets`,
        "use an endpoint that answers with chat completions",
      );
    }
    const text = new TextDecoder().decode(octets);
    const { status } = response;
    if (status === 200) return this.#answer(text, asked);
    const reason = `status ${status}: ${this.#told(text)}`;
    if (!BUSY.has(status)) return failed(reason, fixOf(status));
    const afterMs = waitOf(response.headers.get("retry-after"));
    return {
      kind: "busy",
      reason,
      ...(afterMs === undefined ? {} : { afterMs }),
    };
  }

  unreachable(error: unknown, { base, withinMs }: Question): Reply {
    if (error instanceof DOMException && error.name === "TimeoutError") {
      return { kind: "busy", reason: `no answer in ${withinMs / 1000} s` };
    }
    const message = error instanceof Error ? error.message : String(error);
    return failed(
      `${base} cannot be reached: ${this.#short(message)}`,
      "see that it runs, and that --endpoint is its address up to /v1",
    );
  }

  #answer(text: string, asked: number): Reply {
    const whole = parsed(text);
    const choice = at(at(whole, "choices"), "0");
    const content = at(at(choice, "message"), "content");
    if (typeof content !== "string") {
      return failed(
        `it answered with no chat completion: ${this.#short(text)}`,
        "use an endpoint that is OpenAI-compatible: choices[0].message.content",
      );
    }
    const total = at(at(whole, "usage"), "total_tokens");
    const isCount = typeof total === "number" && Number.isSafeInteger(total) &&
      total >= 0;
    return {
      kind: "answer",
      text: this.#clean(content),
      tokens: isCount
        ? total
        : Math.ceil((asked + content.length) / OCTETS_PER_TOKEN),
      isEstimate: !isCount,
      isCut: at(choice, "finish_reason") === "length",
    };
  }

  /** What an error response says, if it says it as usual. */
  #told(text: string): string {
    const told = at(at(parsed(text), "error"), "message");
    return this.#short(typeof told === "string" ? told : text);
  }

  #short(text: string): string {
    // No escape sequence of a stranger reaches the terminal or the transcript.
    const plain = this.#clean(text).replace(/[^\x20-\x7e]+/g, " ").trim();
    return plain.length > REASON_CHARS_MAX
      ? `${plain.slice(0, REASON_CHARS_MAX)}…`
      : plain;
  }

  #clean(text: string): string {
    return this.key === undefined
      ? text
      : text.replaceAll(this.key, "[the key]");
  }
}

function failed(reason: string, fix: string): Reply {
  return { kind: "failed", reason, fix };
}

function fixOf(status: number): string {
  if (status === 401 || status === 403) {
    return "name a file with a good key: --key-file FILE";
  }
  if (status === 404) {
    return "see that --endpoint ends before /chat/completions, and that --model is there";
  }
  return status >= 300 && status < 400
    ? "it leads elsewhere, and is not followed; give the last address"
    : "see what the endpoint wants";
}

/** Seconds only; a date would need this machine's clock to be right. */
function waitOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header)
    ? Number(header) * 1000
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
