/**
 * Backup phrases: 24 English words of BIP-39 for 32 octets of chance.
 *
 * The seed is PBKDF2 of the phrase, as BIP-39 says, without a passphrase.
 *
 * Source: https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
 */
import {
  entropyToMnemonic,
  mnemonicToSeed,
  validateMnemonic,
} from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";

export const PHRASE_ENTROPY_OCTETS = 32;
const WORDS = 24;
const CHARS_MAX = 1_000;

export function phraseOf(entropy: Uint8Array): string {
  return entropyToMnemonic(entropy, wordlist);
}

/** 64 octets; nothing where the text is not a phrase of 24 words. */
export async function seedOfPhrase(
  text: string,
): Promise<Uint8Array | undefined> {
  if (text.length > CHARS_MAX) return undefined;
  const words = text.trim().toLowerCase().split(/\s+/);
  const phrase = words.join(" ");
  if (words.length !== WORDS || !validateMnemonic(phrase, wordlist)) {
    return undefined;
  }
  return await mnemonicToSeed(phrase);
}
