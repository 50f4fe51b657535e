/** The program of the thread that signs and verifies: one answer per order. */
import type { HalfKey } from "../crypto/composite.ts";
import { nobleMlDsa65 } from "../crypto/noble.ts";
import type {
  SignatureNews,
  SignatureOrder,
  SignatureTask,
} from "./signature_thread.ts";

interface WorkerScope {
  onmessage: ((event: { data: SignatureOrder }) => void) | null;
  postMessage(news: SignatureNews): void;
}

const half = nobleMlDsa65();
const keys = new Map<number, Promise<HalfKey>>();

async function done(task: SignatureTask): Promise<Partial<SignatureNews>> {
  if (task.what === "verify") {
    const { publicKey, message, signature } = task;
    return { good: await half.verify(publicKey, message, signature) };
  }
  if (task.seed !== undefined) keys.set(task.key, half.open(task.seed));
  const key = await keys.get(task.key);
  return key === undefined ? {} : { signature: await key.sign(task.message) };
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = async ({ data: { number, task } }) => {
  scope.postMessage({ number, ...await done(task) });
};
