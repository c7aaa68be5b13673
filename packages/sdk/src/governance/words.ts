// Owns: the fingerprint of a card in words, to be read out by telephone. Does not own: the card (core).
import { cardHash, fromHex, type ValidatorCard } from '@consilium/core';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';

const ENTROPY_BYTES = 16;

/**
 * Twelve words of the BIP39 list: 128 bits of the hash of the whole card with its signatures, and 4 bits that catch a
 * misheard word. Nobody makes another card with the words of a given one (2^128 tries). Who makes two of its own with the
 * same words (2^64) holds the keys of both and gains nothing. The words of that list differ in their first four letters.
 */
export function cardWords(card: ValidatorCard): readonly string[] {
  const entropy = fromHex(cardHash(card)).subarray(0, ENTROPY_BYTES);
  return entropyToMnemonic(entropy, wordlist).split(' ');
}
