/**
 * A compiled component as octets, for a cache.
 *
 * The octets carry a checksum and name what they were made
 * from, so a torn, old or foreign entry reads as no entry; then the component is
 * compiled again.
 *
 * Deliberately absent: protection against who may write the cache. It belongs to
 * the node like its store.
 */
import { Option, Schema } from "effect";
import type { CellRecord } from "./cell_record.ts";
import type { Digest } from "./key.ts";

const Names = Schema.Array(Schema.Tuple([Schema.String, Schema.String]));

const Header = Schema.Struct({
  key: Schema.String,
  hash: Schema.String,
  size: Schema.Int,
  imports: Names,
  exports: Names,
  coreImports: Names,
  memory: Schema.NullOr(
    Schema.Struct({ minimum: Schema.Int, maximum: Schema.Int }),
  ),
  hasCountdown: Schema.Boolean,
});

const HeaderText = Schema.fromJsonString(Header);
const encodeHeader = Schema.encodeSync(HeaderText);
const decodeHeader = Schema.decodeUnknownOption(HeaderText);

const CHECKSUM_OCTETS = 32;
const LENGTH_OCTETS = 4;

/** Checksum, length of the header, header, module. */
export async function encodeRecord(
  record: CellRecord,
  digest: Digest,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = new TextEncoder().encode(encodeHeader(record.header));
  const headerAt = CHECKSUM_OCTETS + LENGTH_OCTETS;
  const octets = new Uint8Array(
    headerAt + header.length + record.module.length,
  );
  new DataView(octets.buffer).setUint32(CHECKSUM_OCTETS, header.length, true);
  octets.set(header, headerAt);
  octets.set(record.module, headerAt + header.length);
  octets.set(await digest(octets.subarray(CHECKSUM_OCTETS)));
  return octets;
}

/** The record for `key`, or nothing if the octets are not exactly that. */
export async function decodeRecord(
  octets: Uint8Array,
  key: string,
  digest: Digest,
): Promise<CellRecord | undefined> {
  const headerAt = CHECKSUM_OCTETS + LENGTH_OCTETS;
  if (octets.length < headerAt) return undefined;
  const sum = await digest(octets.subarray(CHECKSUM_OCTETS));
  if (sum.some((octet, at) => octet !== octets[at])) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset);
  const moduleAt = headerAt + view.getUint32(CHECKSUM_OCTETS, true);
  if (moduleAt > octets.length) return undefined;
  const text = new TextDecoder().decode(octets.subarray(headerAt, moduleAt));
  const header = Option.getOrUndefined(decodeHeader(text));
  if (header === undefined || header.key !== key) return undefined;
  return { header, module: octets.slice(moduleAt) };
}
