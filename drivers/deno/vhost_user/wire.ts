/**
 * The vhost-user protocol: the messages that a front end sends.
 *
 * https://qemu.readthedocs.io/en/latest/interop/vhost-user.html
 */

export const REQUEST = {
  getFeatures: 1,
  setFeatures: 2,
  setOwner: 3,
  setMemory: 5,
  setVringNum: 8,
  setVringAddress: 9,
  setVringBase: 10,
  setVringKick: 12,
  setVringCall: 13,
  getProtocolFeatures: 15,
  setProtocolFeatures: 16,
  setVringEnable: 18,
  getConfig: 24,
} as const;

export type RequestName = keyof typeof REQUEST;

export const PROTOCOL_FEATURES = 1n << 30n;
export const PROTOCOL = { replyAck: 1n << 3n, config: 1n << 9n } as const;

export const HEADER_OCTETS = 12;
/** No message that comes is longer. */
export const PAYLOAD_OCTETS_MAX = 4096;

const VERSION = 1;
const REPLY = 4;
const NEED_REPLY = 8;

export function message(
  request: number,
  payload: Uint8Array,
  needsReply: boolean,
): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(HEADER_OCTETS + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, request, true);
  view.setUint32(4, VERSION | (needsReply ? NEED_REPLY : 0), true);
  view.setUint32(8, payload.length, true);
  octets.set(payload, HEADER_OCTETS);
  return octets;
}

/** The length of a reply's payload, or what is wrong with its header. */
export function replyLength(
  header: Uint8Array,
  request: number,
): number | string {
  const view = new DataView(header.buffer, header.byteOffset, HEADER_OCTETS);
  const about = view.getUint32(0, true);
  const flags = view.getUint32(4, true);
  const length = view.getUint32(8, true);
  if ((flags & 3) !== VERSION) return `a message of version ${flags & 3}`;
  if ((flags & REPLY) === 0) return "a message that is no reply";
  if (about !== request) return `a reply to ${about}, not to ${request}`;
  return length > PAYLOAD_OCTETS_MAX ? `a reply of ${length} octets` : length;
}

export function u64(value: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array([value]).buffer);
}

/** Words of 32 bits, then words of 64. */
export function words(
  small: readonly number[],
  large: readonly bigint[] = [],
): Uint8Array {
  const octets = new Uint8Array(4 * small.length + 8 * large.length);
  const view = new DataView(octets.buffer);
  small.forEach((word, i) => view.setUint32(4 * i, word, true));
  large.forEach((word, i) =>
    view.setBigUint64(4 * small.length + 8 * i, word, true)
  );
  return octets;
}
