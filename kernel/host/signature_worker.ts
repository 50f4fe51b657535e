/** The program of the thread that signs and verifies: one answer per order. */
import type { CompositeKey } from "../crypto/composite.ts";
import { platformComposite } from "../crypto/platform.ts";
import type {
  SignatureNews,
  SignatureOrder,
  SignatureTask,
} from "./signature_thread.ts";

interface WorkerScope {
  onmessage: ((event: { data: SignatureOrder }) => void) | null;
  postMessage(news: SignatureNews): void;
}

const opening = platformComposite();
const keys = new Map<number, Promise<CompositeKey>>();

async function done(task: SignatureTask): Promise<Partial<SignatureNews>> {
  const { message, context } = task;
  if (task.what === "verify") {
    const { verify } = await opening;
    const { bundle, signature } = task;
    return { good: await verify(bundle, message, context, signature) };
  }
  const { seeds } = task;
  if (seeds !== undefined) {
    keys.set(task.key, opening.then(({ open }) => open(seeds)));
  }
  const key = await keys.get(task.key);
  return key === undefined
    ? {}
    : { signature: await key.sign(message, context) };
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = async ({ data: { number, task } }) => {
  scope.postMessage({ number, ...await done(task) });
};
