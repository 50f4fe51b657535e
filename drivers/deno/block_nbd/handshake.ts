/**
 * The beginning of an NBD connection: fixed newstyle, structured replies where
 * the server has them, then OPT_GO.
 */
import { Lost, type Octets } from "./octets.ts";
import {
  FLAG,
  goPayload,
  HANDSHAKE,
  HAVE_OPTIONS,
  INFO,
  MAGIC,
  OPTION,
  OPTION_ERRORS,
  OPTION_REPLY,
  optionRequest,
  PAYLOAD_OCTETS_MAX,
  REPLY,
  TEXT_OCTETS_MAX,
} from "./wire.ts";

/** The server will not serve us; trying again does not help. */
export class ServerRefused extends Error {
  override readonly name = "ServerRefused";
}

/** What the server said about the export. */
export interface Export {
  readonly size: bigint;
  readonly readOnly: boolean;
  readonly flush: boolean;
  readonly fua: boolean;
  readonly trim: boolean;
  readonly structured: boolean;
  readonly blockMin: number;
  /** The most octets of one request. */
  readonly payloadMax: number;
}

/** Replies to one option before the server must come to an end. */
const REPLIES_MAX = 64;

export async function handshake(
  octets: Octets,
  exportName: string,
): Promise<Export> {
  const hello = await octets.take(18);
  if (hello.getBigUint64(0) !== MAGIC) {
    throw new ServerRefused("this is no NBD server");
  }
  const flags = hello.getUint16(16);
  if (
    hello.getBigUint64(8) !== HAVE_OPTIONS ||
    (flags & HANDSHAKE.fixedNewstyle) === 0
  ) throw new ServerRefused("the server does not speak fixed newstyle");
  const answer = new DataView(new ArrayBuffer(4));
  answer.setUint32(0, flags & (HANDSHAKE.fixedNewstyle | HANDSHAKE.noZeroes));
  await octets.put(new Uint8Array(answer.buffer));
  const structured = await structuredReplies(octets);
  return await go(octets, exportName, structured);
}

async function structuredReplies(octets: Octets): Promise<boolean> {
  const option = OPTION.structuredReply;
  await octets.put(optionRequest(option, new Uint8Array()));
  const { type } = await optionReply(octets, option);
  return type === REPLY.ack;
}

async function go(
  octets: Octets,
  exportName: string,
  structured: boolean,
): Promise<Export> {
  await octets.put(optionRequest(OPTION.go, goPayload(exportName)));
  let about: { size: bigint; flags: number } | undefined;
  let blocks = { min: 1, max: PAYLOAD_OCTETS_MAX };
  for (let count = 0; count < REPLIES_MAX; count++) {
    const { type, data } = await optionReply(octets, OPTION.go);
    if (type === REPLY.ack) {
      if (about === undefined) break;
      return exportOf(about, blocks, structured);
    }
    if (type !== REPLY.info || data.byteLength < 2) {
      const text = data.byteLength === 0 ? "" : `: ${printed(data)}`;
      const why = OPTION_ERRORS.get(type) ?? `the server answers ${type}`;
      throw new ServerRefused(`${why}${text}`);
    }
    const info = data.getUint16(0);
    if (info === INFO.export && data.byteLength >= 12) {
      about = { size: data.getBigUint64(2), flags: data.getUint16(10) };
    }
    if (info === INFO.blockSize && data.byteLength >= 14) {
      blocks = { min: data.getUint32(2), max: data.getUint32(10) };
    }
  }
  throw new ServerRefused("the server does not say what the export is");
}

function exportOf(
  { size, flags }: { size: bigint; flags: number },
  { min, max }: { min: number; max: number },
  structured: boolean,
): Export {
  const has = (flag: number) =>
    (flags & FLAG.hasFlags) !== 0 && (flags & flag) !== 0;
  const most = Math.min(max, PAYLOAD_OCTETS_MAX);
  return {
    size,
    readOnly: has(FLAG.readOnly),
    flush: has(FLAG.flush),
    fua: has(FLAG.fua),
    trim: has(FLAG.trim),
    structured,
    blockMin: Math.max(1, min),
    // Pieces of a request begin where the server's blocks begin.
    payloadMax: most - most % Math.max(1, min),
  };
}

async function optionReply(
  octets: Octets,
  option: number,
): Promise<{ type: number; data: DataView }> {
  const head = await octets.take(20);
  const length = head.getUint32(16);
  if (
    head.getBigUint64(0) !== OPTION_REPLY || head.getUint32(8) !== option ||
    length > TEXT_OCTETS_MAX
  ) throw new Lost("the server's reply to an option is malformed");
  return { type: head.getUint32(12), data: await octets.take(length) };
}

/** A server's own text, fit for a message. */
function printed(data: DataView): string {
  const text = new TextDecoder().decode(data);
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f]+/g, " ").slice(0, 200).trim();
}
