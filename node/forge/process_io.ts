/**
 * What the processes of forge say to each other: JSON on their pipes, bounded.
 *
 * Both ends are this program's own; what strangers wrote is a text inside.
 */

/** All of standard input, as JSON. */
export async function readJson<T>(octetsMax: number): Promise<T> {
  const octets = await bounded(Deno.stdin.readable, octetsMax);
  if (octets === undefined) throw new Error(`over ${octetsMax} octets`);
  return JSON.parse(new TextDecoder().decode(octets));
}

/** One line of JSON on standard output. */
export function reply(value: unknown): void {
  const octets = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  for (let at = 0; at < octets.length;) {
    at += Deno.stdout.writeSync(octets.subarray(at));
  }
}

/** Everything that a stream gives; undefined, and the rest left, if too much. */
export async function bounded(
  stream: ReadableStream<Uint8Array>,
  octetsMax: number,
): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the stream.
  for await (const piece of stream) {
    size += piece.length;
    if (size > octetsMax) return undefined;
    pieces.push(piece);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
