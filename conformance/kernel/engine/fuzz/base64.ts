/** Octets as text, for what travels as JSON. */
export function encodeBase64(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += 8_192) {
    text += String.fromCharCode(...octets.subarray(at, at + 8_192));
  }
  return btoa(text);
}
