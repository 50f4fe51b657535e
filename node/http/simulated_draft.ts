/**
 * Reads the draft encoding of wit/cells/graph/encodings.md, for simulated nodes.
 */
import type { End, LinkInput } from "../api.ts";

/** The draft's links; or what is wrong, with the octet. */
export function decodeDraft(
  draft: Uint8Array,
): ReadonlyArray<LinkInput> | string {
  const view = new DataView(draft.buffer, draft.byteOffset, draft.length);
  let at = 0;
  const end = (): End => {
    const tag = view.getUint8(at);
    const length = view.getUint32(at + 1, true);
    const octets = draft.subarray(at + 5, at + 5 + length);
    if (octets.length !== length || tag > 1) throw new RangeError("end");
    at += 5 + length;
    return tag === 1
      ? { cid: octets.toHex() }
      : { text: new TextDecoder("utf-8", { fatal: true }).decode(octets) };
  };
  try {
    const links: LinkInput[] = [];
    const count = view.getUint16(at, true);
    at += 2;
    for (let index = 0; index < count; index++) {
      const from = end();
      const to = end();
      if (view.getUint8(at) > 1) throw new RangeError("token");
      at += view.getUint8(at) === 1 ? 34 : 1;
      const amount = Number(view.getBigUint64(at, true));
      const valence = view.getInt8(at + 8);
      at += 9;
      links.push({ from, to, amount, valence });
    }
    if (at !== draft.length || count === 0) return `malformed at octet ${at}`;
    return links;
  } catch {
    return `malformed at octet ${at}`;
  }
}
