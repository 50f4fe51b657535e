/**
 * Has a model write a driver: generate, compile, conform, tell it what failed.
 *
 * Ends at green, at its budget, or when the endpoint fails. What the model wrote
 * is a text here; it is compiled and run by processes that may only read the
 * program's folder, and asked for by one that may only reach the endpoint.
 *
 * Deliberately absent: installing anything, and signing. A person does both.
 */
import { join } from "node:path";
import { promisesOf } from "../../conformance/hal/suite/promise.ts";
import type { Report } from "../../conformance/hal/suite/report.ts";
import { isRed } from "../../conformance/hal/suite/run.ts";
import { Refusal } from "../api.ts";
import { sleep } from "../cli/host.ts";
import { BadAnswer, filesOf, merged, type Sources } from "./answer.ts";
import type { Ask } from "./ask_process.ts";
import { Compiler } from "./compiler.ts";
import type { Reply } from "./endpoint.ts";
import { Folder } from "./folder.ts";
import { judged, type Verdict } from "./judge.ts";
import {
  CALL_MS_MAX,
  RETRIES_MAX,
  RETRY_WAIT_MS,
  RETRY_WAIT_MS_MAX,
} from "./limits.ts";
import { Processes, Stopped } from "./processes.ts";
import { type Brief, feedbackOf, messagesOf } from "./prompt.ts";
import { type Target, targetOf } from "./target.ts";
import { type Attempt, filesIn } from "./transcript.ts";

export interface ForgeRequest {
  readonly contract: string;
  /** Such as `https://host/v1`; checked by the command. */
  readonly endpoint: string;
  readonly model: string;
  readonly keyFile: string | undefined;
  readonly datasheet: string;
  readonly out: string;
  readonly attempts: number;
  readonly tokens: number;
  readonly minutes: number;
  /** Most tokens of one answer. */
  readonly answerTokens: number;
  readonly seed: number;
  readonly only: string | undefined;
  readonly resume: boolean;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

export interface Forged {
  readonly end: "green" | "attempts" | "tokens" | "minutes";
  readonly attempts: number;
  readonly tokens: number;
  readonly failed: number;
  readonly total: number;
  readonly out: string;
  /** Undefined where the whole suite was run. */
  readonly only: string | undefined;
}

/** Throws a `Refusal`; `unavailable` where the endpoint failed. */
export function forge(root: string, request: ForgeRequest): Promise<Forged> {
  const target = targetOf(request.contract);
  if (target === undefined) {
    throw new Refusal({
      kind: "invalid",
      message: `no driver of ${request.contract} can be forged`,
      fix: "there is block",
    });
  }
  return new Forging(root, request, target).run();
}

/** Compiled and judged, or what the model is told instead. */
interface Tried {
  readonly files: Sources;
  readonly component?: Uint8Array;
  readonly verdict?: Verdict;
  readonly feedback: string;
}

class Forging {
  readonly #processes: Processes;
  readonly #compiler: Compiler;
  readonly #begunMs = performance.now();
  #tokens = 0;

  constructor(
    private readonly root: string,
    private readonly request: ForgeRequest,
    private readonly target: Target,
  ) {
    this.#processes = new Processes(root, request.signal);
    this.#compiler = new Compiler(this.#processes, target.contract);
  }

  async run(): Promise<Forged> {
    const { contract, endpoint, model, seed, only, out, resume } = this.request;
    const { folder, attempts } = Folder.open({
      root: this.root,
      path: out,
      resume,
      subject: {
        forge: 1,
        ...{ contract, endpoint, model, seed, only: only ?? null },
      },
    });
    const last = attempts.at(-1);
    this.#tokens = attempts.reduce((sum, { tokens }) => sum + tokens, 0);
    if (last !== undefined && isGreen(last)) {
      return this.#forged("green", last.attempt, last);
    }
    return await this.#loop(folder, last);
  }

  async #loop(folder: Folder, last: Attempt | undefined): Promise<Forged> {
    const brief: Brief = {
      target: this.target,
      root: this.root,
      datasheet: this.request.datasheet,
      bindings: await this.#compiler.bindings(),
      skeleton: skeletonOf(this.root, this.target),
    };
    let before = last;
    for (let attempt = (last?.attempt ?? 0) + 1;; attempt++) {
      const spent = this.#spent(attempt);
      if (spent !== undefined) return this.#forged(spent, attempt - 1, before);
      const files = before === undefined ? new Map() : filesIn(before);
      const reply = await this.#ask(brief, {
        files,
        feedback: before?.feedback ?? "",
      });
      if (reply === undefined) {
        return this.#forged("minutes", attempt - 1, before);
      }
      this.#tokens += reply.tokens;
      const tried = await this.#try(files, reply.text, reply.isCut, brief);
      const done = attemptOf(attempt, reply, tried);
      folder.add(done);
      folder.leave({
        target: this.target,
        files: tried.files,
        component: tried.component,
        report: this.#report(tried.verdict),
        green: isGreen(done),
      });
      this.#tell(done, tried);
      if (isGreen(done)) return this.#forged("green", attempt, done);
      before = done;
    }
  }

  #spent(attempt: number): Forged["end"] | undefined {
    if (attempt > this.request.attempts) return "attempts";
    if (this.#tokens >= this.request.tokens) return "tokens";
    return this.#leftMs() <= 0 ? "minutes" : undefined;
  }

  #leftMs(): number {
    const spentMs = performance.now() - this.#begunMs;
    return this.request.minutes * 60_000 - spentMs;
  }

  /** The answer; undefined where the minutes were over before it came. */
  async #ask(
    brief: Brief,
    state: { readonly files: Sources; readonly feedback: string },
  ): Promise<(Reply & { readonly kind: "answer" }) | undefined> {
    const messages = messagesOf(brief, state);
    for (let tried = 0;; tried++) {
      const withinMs = this.#leftMs();
      if (withinMs <= 0) return undefined;
      const reply = await this.#askOnce(messages, Math.ceil(withinMs));
      if (reply === undefined) return undefined;
      if (reply.kind === "answer") return reply;
      if (reply.kind === "failed") throw endpointRefusal(reply);
      const waitMs = reply.afterMs ?? RETRY_WAIT_MS * 2 ** tried;
      if (tried >= RETRIES_MAX || waitMs > RETRY_WAIT_MS_MAX) {
        throw endpointRefusal({
          reason: reply.reason,
          fix: `it wants to be asked later; go on with --resume`,
        });
      }
      if (waitMs >= this.#leftMs()) return undefined;
      this.request.progress(
        `the endpoint is busy (${reply.reason}); again in ${waitMs / 1000} s`,
      );
      await sleep(waitMs, this.request.signal);
      if (this.request.signal.aborted) throw new Stopped();
    }
  }

  async #askOnce(
    messages: ReturnType<typeof messagesOf>,
    withinMs: number,
  ): Promise<Reply | undefined> {
    const { endpoint, model, keyFile, tokens, answerTokens } = this.request;
    const ended = await this.#processes.run<Reply>({
      module: "node/forge/ask_process.ts",
      permissions: [
        `--allow-net=${addressOf(endpoint)}`,
        ...(keyFile === undefined
          ? []
          : [`--allow-read=${keyFile.replaceAll(",", ",,")}`]),
      ],
      job: {
        question: {
          base: endpoint,
          model,
          messages,
          tokensMax: Math.max(1, Math.min(answerTokens, tokens - this.#tokens)),
          withinMs,
        },
        ...(keyFile === undefined ? {} : { keyFile }),
      } satisfies Ask,
      withinMs: withinMs + 5_000,
    });
    if (ended.last !== undefined) return ended.last;
    if (ended.late) return undefined;
    throw new Error(`the process that asks broke off: ${ended.said}`);
  }

  async #try(
    before: Sources,
    text: string,
    isCut: boolean,
    brief: Brief,
  ): Promise<Tried> {
    let files = before;
    let component: Uint8Array | undefined;
    try {
      files = merged(before, filesOf(text));
      component = await this.#compiler.compile(files);
      const verdict = await judged(this.#processes, {
        component: component.toBase64(),
        seed: this.request.seed,
        callMs: CALL_MS_MAX,
        ...(this.request.only === undefined ? {} : { only: this.request.only }),
      });
      return {
        files,
        component,
        verdict,
        feedback: feedbackOf(brief, verdict),
      };
    } catch (error) {
      if (!(error instanceof BadAnswer)) throw error;
      const cut = isCut ? "\nThe answer was cut short: answer with less." : "";
      return {
        files,
        ...(component === undefined ? {} : { component }),
        feedback: `The answer cannot be used: ${error.message}${cut}`,
      };
    }
  }

  #report(verdict: Verdict | undefined): Report | undefined {
    // A part of a run would pass for the whole.
    if (verdict === undefined || verdict.brokenOff !== undefined) {
      return undefined;
    }
    const { contract, seed, out } = this.request;
    const wit = `wit/hal/${contract}/${contract}.wit`;
    const { arch, os } = Deno.build;
    return {
      contract,
      wit,
      driver: out,
      seed,
      platform: `deno ${Deno.version.deno}, ${os} ${arch}`,
      promises: promisesOf(Deno.readTextFileSync(join(this.root, wit))),
      results: verdict.results,
      profile: [],
    };
  }

  #tell({ attempt, failed, total, feedback }: Attempt, tried: Tried): void {
    const { verdict, component } = tried;
    const size = component === undefined
      ? ""
      : `compiled, ${(component.length / 1024).toFixed(1)} KiB; `;
    const [first = ""] = feedback.split("\n");
    const red = verdict?.results.find(({ verdict }) => isRed(verdict))?.id;
    const what = verdict === undefined
      ? first
      : `failed cases ${failed} of ${total}${
        red === undefined ? "" : `, first ${red}`
      }`;
    this.request.progress(`attempt ${attempt}: ${size}${what}`);
  }

  #forged(
    end: Forged["end"],
    attempts: number,
    last: Attempt | undefined,
  ): Forged {
    return {
      end,
      attempts,
      tokens: this.#tokens,
      failed: last?.failed ?? 0,
      total: last?.total ?? 0,
      out: this.request.out,
      only: this.request.only,
    };
  }
}

function attemptOf(
  attempt: number,
  reply: Reply & { readonly kind: "answer" },
  { files, component, verdict, feedback }: Tried,
): Attempt {
  const red = verdict?.results.filter((one) => isRed(one.verdict)) ?? [];
  // What was not run is not kept.
  const unrun = verdict?.brokenOff === undefined
    ? 0
    : verdict.total - verdict.results.length;
  const failed = red.length + unrun;
  const passed = verdict?.results.some(({ verdict }) => verdict === "passed");
  const isWhole = verdict !== undefined && passed === true &&
    verdict.brokenOff === undefined && failed === 0;
  return {
    attempt,
    tokens: reply.tokens,
    estimate: reply.isEstimate,
    answer: reply.text,
    files: [...files],
    compiled: component !== undefined,
    failed,
    total: verdict?.total ?? 0,
    feedback: isWhole ? "" : feedback,
  };
}

/** Nothing is left to tell the model. */
function isGreen({ compiled, feedback }: Attempt): boolean {
  return compiled && feedback === "";
}

function skeletonOf(root: string, { skeleton, entries }: Target): Sources {
  return new Map(entries.map((name) => [
    name,
    Deno.readTextFileSync(join(root, skeleton, `${name}.template`)),
  ]));
}

function endpointRefusal(
  { reason, fix }: { readonly reason: string; readonly fix: string },
): Refusal {
  return new Refusal({
    kind: "unavailable",
    message: `the endpoint failed: ${reason}`,
    fix,
  });
}

/** What the asking process may reach. */
export function addressOf(endpoint: string): string {
  const { hostname, port, protocol } = new URL(endpoint);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
