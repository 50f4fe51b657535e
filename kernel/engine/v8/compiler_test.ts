/** The compiler's thread: broken ones are replaced, idle ones end. */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  type CompileAnswer,
  Compiler,
  type CompileRequest,
  type CompilerThread,
} from "./compiler.ts";
import { ComponentRefusal } from "./refusal.ts";

const REQUEST: CompileRequest = {
  component: new Uint8Array(),
  hash: "00",
  mode: "trap",
};

const DONE: CompileAnswer = {
  ok: true,
  record: {
    header: {
      key: "00",
      hash: "00",
      size: 0,
      imports: [],
      exports: [],
      coreImports: [],
      memory: null,
      hasCountdown: false,
    },
    module: new Uint8Array(),
  },
};

/** Threads that give `answers` in order and note what happens to them. */
function threads(answers: (CompileAnswer | Error)[]) {
  const log: string[] = [];
  let count = 0;
  const start = (): CompilerThread => {
    const name = `thread ${++count}`;
    log.push(`${name} starts`);
    return {
      ask: () => {
        log.push(`${name} is asked`);
        const answer = answers.shift() ?? new Error("asked too often");
        return answer instanceof Error
          ? Promise.reject(answer)
          : Promise.resolve(answer);
      },
      stop: () => void log.push(`${name} stops`),
    };
  };
  return { log, compiler: new Compiler(start) };
}

Deno.test("compiler: a refusal keeps the thread", async () => {
  const { log, compiler } = threads([
    { ok: false, kind: "unsupported", reason: "no", isBroken: false },
    DONE,
  ]);
  await rejects(
    compiler.compile(REQUEST),
    (error) => error instanceof ComponentRefusal && error.message === "no",
  );
  strictEqual((await compiler.compile(REQUEST)).header.key, "00");
  compiler.stop();
  deepStrictEqual(log, [
    "thread 1 starts",
    "thread 1 is asked",
    "thread 1 is asked",
    "thread 1 stops",
  ]);
});

const breaks: Record<string, CompileAnswer | Error> = {
  "says so": { ok: false, kind: "malformed", reason: "no", isBroken: true },
  "dies": new Error("gone"),
};

for (const [how, answer] of Object.entries(breaks)) {
  Deno.test(`compiler: a thread that ${how} is replaced`, async () => {
    const { log, compiler } = threads([answer, DONE]);
    const [first, second] = await Promise.allSettled([
      compiler.compile(REQUEST),
      compiler.compile(REQUEST),
    ]);
    strictEqual(first.status, "rejected");
    strictEqual(second.status, "fulfilled");
    compiler.stop();
    deepStrictEqual(log, [
      "thread 1 starts",
      "thread 1 is asked",
      "thread 1 stops",
      "thread 2 starts",
      "thread 2 is asked",
      "thread 2 stops",
    ]);
  });
}
