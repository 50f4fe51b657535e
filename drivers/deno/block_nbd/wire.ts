/**
 * Numbers and layouts of the NBD protocol, as far as this driver speaks it.
 *
 * From the protocol's own description (NetworkBlockDevice/nbd, doc/proto.md).
 */

export const MAGIC = 0x4e42444d41474943n;
export const HAVE_OPTIONS = 0x49484156454f5054n;
export const OPTION_REPLY = 0x0003e889045565a9n;
export const REQUEST = 0x25609513;
export const SIMPLE_REPLY = 0x67446698;
export const CHUNK = 0x668e33ef;

export const HANDSHAKE = { fixedNewstyle: 1, noZeroes: 2 } as const;
export const OPTION = { abort: 2, go: 7, structuredReply: 8 } as const;
export const REPLY = { ack: 1, info: 3, error: 0x8000_0000 } as const;
export const INFO = { export: 0, blockSize: 3 } as const;

/** What an option's refusal means, in words. */
export const OPTION_ERRORS: ReadonlyMap<number, string> = new Map([
  [REPLY.error + 1, "the server does not know the option"],
  [REPLY.error + 2, "the server's policy forbids it"],
  [REPLY.error + 3, "the server calls the option malformed"],
  [REPLY.error + 4, "the server's platform cannot do it"],
  [REPLY.error + 5, "the server wants TLS"],
  [REPLY.error + 6, "the server has no such export"],
  [REPLY.error + 7, "the server is shutting down"],
  [REPLY.error + 8, "the server insists on another block size"],
]);

export const FLAG = {
  hasFlags: 1,
  readOnly: 2,
  flush: 4,
  fua: 8,
  trim: 32,
} as const;

export const COMMAND = {
  read: 0,
  write: 1,
  disconnect: 2,
  flush: 3,
  trim: 4,
} as const;
export const COMMAND_FUA = 1;

export const CHUNK_DONE = 1;
export const CHUNK_TYPE = { none: 0, data: 1, hole: 2, error: 0x8000 } as const;

/** Errors as the protocol numbers them. */
export const ERRORS: ReadonlyMap<number, string> = new Map([
  [1, "EPERM"],
  [5, "EIO"],
  [12, "ENOMEM"],
  [22, "EINVAL"],
  [28, "ENOSPC"],
  [75, "EOVERFLOW"],
  [95, "ENOTSUP"],
  [108, "ESHUTDOWN"],
]);
export const SHUTDOWN = 108;

export const REQUEST_OCTETS = 28;
/** The most that an option's reply or an error's text may have. */
export const TEXT_OCTETS_MAX = 65_536;
/** What every server must take, where it names no other limit. */
export const PAYLOAD_OCTETS_MAX = 32 * 1024 * 1024;

export interface Request {
  readonly command: number;
  readonly flags: number;
  readonly cookie: bigint;
  readonly offset: bigint;
  readonly length: number;
}

export function requestHead(request: Request): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(REQUEST_OCTETS);
  const view = new DataView(octets.buffer);
  view.setUint32(0, REQUEST);
  view.setUint16(4, request.flags);
  view.setUint16(6, request.command);
  view.setBigUint64(8, request.cookie);
  view.setBigUint64(16, request.offset);
  view.setUint32(24, request.length);
  return octets;
}

export function optionRequest(
  option: number,
  data: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(16 + data.length);
  const view = new DataView(octets.buffer);
  view.setBigUint64(0, HAVE_OPTIONS);
  view.setUint32(8, option);
  view.setUint32(12, data.length);
  octets.set(data, 16);
  return octets;
}

/** The payload of OPT_GO: the export's name, and that block sizes are wanted. */
export function goPayload(name: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(name);
  const octets = new Uint8Array(4 + text.length + 4);
  const view = new DataView(octets.buffer);
  view.setUint32(0, text.length);
  octets.set(text, 4);
  view.setUint16(4 + text.length, 1);
  view.setUint16(6 + text.length, INFO.blockSize);
  return octets;
}
