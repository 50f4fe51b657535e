/**
 * The peer in this process: a thread of its own, so that a module that does not
 * end can be told from one that does.
 */
import { execute } from "./execute.ts";
import type { Job } from "./job.ts";

const scope = self as unknown as {
  onmessage: ((event: { data: readonly Job[] }) => void) | null;
  postMessage(answer: unknown): void;
};

scope.onmessage = ({ data }) => scope.postMessage(data.map(execute));
