/**
 * One server of the Open Inference Protocol v2, asked over HTTP.
 *
 * Whatever it says is bounded in length and in time. A server that cannot be
 * reached, is silent or breaks off is `NpuGone`; one that refuses is `NpuRejected`
 * with its words; one that fails, or says what the protocol does not have, is an
 * error. Redirections are not followed.
 *
 * Deliberately absent: TLS of its own, credentials, retries.
 */
import { NpuGone, NpuRejected } from "../../../hal/npu/link.ts";
import { Malformed, parsed } from "./tensors.ts";

/** Octets of an answer beside the tensors in it. */
const JSON_OCTETS_MAX = 256 * 1024;
const WORDS_MAX = 500;
const HEADER = "inference-header-content-length";

export interface ServerOptions {
  /** `http://HOST:PORT`. */
  readonly address: string;
  /** How long it may take for one answer. */
  readonly answerMs: number;
}

export interface Answer {
  readonly json: unknown;
  /** What lies behind the JSON. */
  readonly octets: Uint8Array<ArrayBuffer>;
}

type Body = string | readonly [json: string, ...octets: Uint8Array[]];

export class Server {
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** `most`: octets of tensors in the answer. */
  async ask(path: string, body?: Body, most = 0): Promise<Answer> {
    const { address, answerMs } = this.#options;
    const signal = AbortSignal.timeout(answerMs);
    let answer: Response;
    let octets: Uint8Array<ArrayBuffer> | undefined;
    try {
      answer = await fetch(new URL(path, address), {
        ...requestOf(body),
        redirect: "error",
        signal,
      });
      octets = await readBounded(answer, most + JSON_OCTETS_MAX);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new NpuGone(
        signal.aborted
          ? `the server was silent for ${answerMs} ms`
          : `the server is gone: ${why}`,
      );
    }
    if (octets === undefined) {
      throw new NpuRejected("the server's answer is too long: transfer-max");
    }
    if (answer.ok) return split(octets, answer.headers.get(HEADER));
    const words = `${answer.status}: ${wordsOf(octets)}`;
    if (answer.status < 500) throw new NpuRejected(words);
    throw new Error(`the server failed, ${words}`);
  }
}

function requestOf(body: Body | undefined): RequestInit {
  if (body === undefined) return { method: "GET" };
  if (typeof body === "string") {
    const headers = { "content-type": "application/json" };
    return { method: "POST", body, headers };
  }
  const [json, ...octets] = body;
  const head = new TextEncoder().encode(json);
  const all = new Blob([head, ...octets.map((one) => new Uint8Array(one))]);
  return {
    method: "POST",
    body: all,
    headers: {
      "content-type": "application/octet-stream",
      [HEADER]: String(head.length),
    },
  };
}

/** Undefined: it is longer than `most`, and the rest is not read. */
async function readBounded(
  { body }: Response,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === null) return new Uint8Array();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function split(
  octets: Uint8Array<ArrayBuffer>,
  header: string | null,
): Answer {
  const length = header === null ? octets.length : Number(header);
  if (!Number.isInteger(length) || length < 0 || length > octets.length) {
    throw new Malformed("its header is of another length");
  }
  const text = new TextDecoder().decode(octets.subarray(0, length));
  const json = text === "" ? {} : parsed(text);
  return { json, octets: octets.slice(length) };
}

/** What the protocol's error says, or the beginning of whatever came. */
function wordsOf(octets: Uint8Array): string {
  const text = new TextDecoder().decode(octets).slice(0, 4 * WORDS_MAX);
  try {
    const { error } = JSON.parse(text);
    if (typeof error === "string") return error.slice(0, WORDS_MAX);
  } catch { /* no JSON */ }
  return text.slice(0, WORDS_MAX);
}
