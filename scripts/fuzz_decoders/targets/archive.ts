/**
 * node/archive: a store as one file, as it is and with its chain made anew.
 *
 * What is taken is written again from its frames, and has the same octets.
 */
import {
  concatOctets,
  digestOf,
  identityOf,
  utf8,
} from "../../../kernel/crypto/mod.ts";
import { Refusal } from "../../../node/api.ts";
import {
  ArchiveReader,
  ArchiveWriter,
  type Frame,
} from "../../../node/archive/mod.ts";
import {
  isCanonical,
  octetsTarget,
  type Target,
  type Verdict,
} from "../target.ts";

const NETWORK = identityOf(utf8("karyon network: fuzz"));
const END = { height: 3n, root: identityOf(utf8("root")) };
const HEADER_OCTETS = 38;
const VERSION_AT = 4;

type Put = (writer: ArchiveWriter) => void;

function written(network: Uint8Array, isApart: boolean, put: Put): Uint8Array {
  const parts: Uint8Array[] = [];
  const writer = new ArchiveWriter(
    network,
    (piece) => void parts.push(piece.slice()),
    isApart,
  );
  put(writer);
  return concatOctets(parts);
}

function seeds(): Uint8Array[] {
  const append = { signals: 2, payload: utf8("signals and contents") };
  const id = identityOf(utf8("a content"));
  const plain: Put = (writer) => {
    writer.append(append);
    writer.append({ signals: 1, payload: new Uint8Array() });
    writer.end(END);
  };
  const apart: Put = (writer) => {
    writer.append(append);
    writer.content({ id, presence: "here", size: 9, until: 12n });
    writer.octets(utf8("a content"));
    writer.content({ id: END.root, presence: "expired", size: 0, until: 0n });
    writer.content({ id: NETWORK, presence: "here", size: 0, until: 0n });
    writer.end(END);
  };
  return [written(NETWORK, false, plain), written(NETWORK, true, apart)];
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield octets;
}

async function run(octets: Uint8Array): Promise<Verdict> {
  const reader = new ArchiveReader(once(octets), "x");
  const frames: Frame[] = [];
  let network: Uint8Array;
  try {
    network = await reader.network();
    do {
      frames.push(await reader.next());
    } while (frames.at(-1)?.kind !== "end");
  } catch (error) {
    if (error instanceof Refusal) return "refused";
    throw error;
  }
  const again = written(network, octets[VERSION_AT] === 2, (writer) => {
    for (const frame of frames) {
      if (frame.kind === "append") writer.append(frame);
      else if (frame.kind === "content") writer.content(frame);
      else if (frame.kind === "octets") writer.octets(frame.octets);
      else writer.end(frame);
    }
  });
  isCanonical(octets, again);
  return "taken";
}

/** Frames as a sum of their lengths says, each with a chain that fits. */
function chained(octets: Uint8Array): Uint8Array {
  const copy = octets.slice();
  let chain = digestOf(copy.subarray(0, HEADER_OCTETS));
  const view = new DataView(copy.buffer);
  for (let at = HEADER_OCTETS; at + 5 <= copy.length;) {
    const kind = copy[at];
    const length = kind === 1 && at + 7 <= copy.length
      ? 7 + view.getUint32(at + 3, true)
      : kind === 2
      ? 42
      : kind === 3
      ? 51
      : 5 + view.getUint32(at + 1, true);
    if (!(at + length + 32 <= copy.length)) break;
    chain = digestOf(concatOctets([chain, copy.subarray(at, at + length)]));
    copy.set(chain, at + length);
    at += length + 32;
  }
  return copy;
}

export const ARCHIVE: readonly Target[] = [
  octetsTarget({
    name: "archive",
    about: "a store as a file, changed after it was chained",
    seeds,
    run,
  }),
  octetsTarget({
    name: "archive-frames",
    about: "a store as a file, chained after it was changed",
    seeds,
    run: (octets) => run(chained(octets)),
  }),
];
