/**
 * The strict decoder of signals, as `encodings.md` lays them out.
 *
 * `decode` accepts exactly the canonical octets. A refusal names the rule and
 * the octet where the field begins that breaks it. It costs nanoseconds a link
 * and copies nothing: the view's places point into the given octets.
 *
 * Deliberately absent: the signature. The caller has verified it.
 */
import { compare, isZero } from "../../sdk/assembly/bytes";
import {
  AMOUNT_END,
  HASH_BLAKE3,
  IDENTITY_OCTETS,
  LINK_OCTETS,
  OPERATIONS_MAX,
  SIGNAL_LINKS_MAX,
  SIGNATURE_OCTETS,
  TOKENS_MAX,
} from "./limits";
import { faultAt, OperationForm, operationOctets } from "./operations";

export const MAGIC: u32 = 0x4749534b; // "KSIG"
/** A signal of links only. */
export const VERSION: u8 = 1;
/** A signal with operations behind its links, of which there may be none. */
export const VERSION_OPERATIONS: u8 = 2;
export const NETWORK_AT: usize = 5;
export const NEURON_AT: usize = 38;
export const STEP_AT: usize = 71;
export const PREVIOUS_AT: usize = 79;
export const TIME_AT: usize = 112;
export const TOKENS_COUNT_AT: usize = 120;
export const TOKENS_AT: usize = 121;

/** Places in a link. */
export const TO_AT: usize = 33;
export const TOKEN_AT: usize = 66;
export const AMOUNT_AT: usize = 67;
export const VALENCE_AT: usize = 75;

const TOKEN_SEEN: usize = memory.data(256);

/** Octets of a body with so many tokens and links, without operations. */
export function bodyOctets(tokens: u32, links: u32): u32 {
  return <u32> TOKENS_AT + 2 + tokens * IDENTITY_OCTETS + links * LINK_OCTETS;
}

export class Signal {
  /** Where the signal begins, and its octets with the signature. */
  start: usize = 0;
  octets: u32 = 0;
  bodyOctets: u32 = 0;
  tokens: u32 = 0;
  links: u32 = 0;
  operations: u32 = 0;
  private fault: string = "";

  get network(): usize {
    return this.start + NETWORK_AT;
  }
  get neuron(): usize {
    return this.start + NEURON_AT;
  }
  get step(): u64 {
    return load<u64>(this.start, STEP_AT);
  }
  get previous(): usize {
    return this.start + PREVIOUS_AT;
  }
  get tokensAt(): usize {
    return this.start + TOKENS_AT;
  }
  get linksAt(): usize {
    return this.tokensAt + this.tokens * IDENTITY_OCTETS + 2;
  }
  get operationsAt(): usize {
    return this.linksAt + this.links * LINK_OCTETS + 2;
  }
  get hasOperations(): bool {
    return load<u8>(this.start, 4) == VERSION_OPERATIONS;
  }

  /** Takes the signal at `start`; empty, or which rule it breaks where. */
  decode(start: usize, octets: u32): string {
    if (this.body(start, octets)) this.rest(SIGNATURE_OCTETS);
    return this.fault;
  }

  /** The same of a body that nobody has signed yet. */
  decodeBody(start: usize, octets: u32): string {
    if (this.body(start, octets)) this.rest(0);
    return this.fault;
  }

  private body(start: usize, octets: u32): bool {
    this.start = start;
    this.octets = octets;
    this.fault = "";
    this.operations = 0;
    if (!this.head() || !this.tokenList() || !this.linkList()) return false;
    return !this.hasOperations || this.operationList();
  }

  private no(rule: string, place: usize): bool {
    const offset = place - this.start;
    this.fault = `signal at octet ${offset}: ${rule}`;
    return false;
  }

  /** Whether a field fits, which is told by its name if it does not. */
  private fits(place: usize, size: usize, field: string): bool {
    const left = this.start + this.octets - place;
    if (size <= left) return true;
    return this.no(`${field} needs ${size} octets, ${left} are left`, place);
  }

  private identity(place: usize, field: string): bool {
    if (!this.fits(place, IDENTITY_OCTETS, field)) return false;
    const id = load<u8>(place);
    if (id == HASH_BLAKE3) return true;
    return this.no(
      `${field} has hash id ${id}, only ${HASH_BLAKE3} is known`,
      place,
    );
  }

  private head(): bool {
    const s = this.start;
    if (!this.fits(s, 4, "magic")) return false;
    if (load<u32>(s) != MAGIC) return this.no("magic must be KSIG", s);
    if (!this.fits(s + 4, 1, "version")) return false;
    const version = load<u8>(s, 4);
    if (version != VERSION && version != VERSION_OPERATIONS) {
      return this.no(`version ${version}, 1 and 2 are known`, s + 4);
    }
    if (!this.identity(this.network, "network")) return false;
    if (!this.identity(this.neuron, "neuron")) return false;
    if (!this.fits(s + STEP_AT, 8, "step")) return false;
    if (this.step > 0) {
      if (!this.identity(this.previous, "previous")) return false;
    } else {
      if (!this.fits(this.previous, IDENTITY_OCTETS, "previous")) return false;
      if (!isZero(this.previous, IDENTITY_OCTETS)) {
        return this.no("previous must be zeros at step 0", this.previous);
      }
    }
    return this.fits(s + TIME_AT, 8, "time");
  }

  private tokenList(): bool {
    const at = this.start + TOKENS_COUNT_AT;
    if (!this.fits(at, 1, "number of tokens")) return false;
    this.tokens = load<u8>(at);
    if (this.tokens < 1 && !this.hasOperations) {
      return this.no(`0 tokens, 1 to ${TOKENS_MAX} are allowed`, at);
    }
    let token = this.tokensAt;
    for (let i: u32 = 0; i < this.tokens; i++, token += IDENTITY_OCTETS) {
      if (!this.identity(token, `token ${i}`)) return false;
      if (i == 0) continue;
      if (compare(token - IDENTITY_OCTETS, token, IDENTITY_OCTETS) >= 0) {
        return this.no(`token ${i} is not above the one before it`, token);
      }
    }
    return true;
  }

  private linkList(): bool {
    const at = this.linksAt - 2;
    if (!this.fits(at, 2, "number of links")) return false;
    this.links = load<u16>(at);
    const least: u32 = this.hasOperations ? 0 : 1;
    if (this.links < least || this.links > SIGNAL_LINKS_MAX) {
      const allowed = `${least} to ${SIGNAL_LINKS_MAX} are allowed`;
      return this.no(`${this.links} links, ${allowed}`, at);
    }
    this.bodyOctets = bodyOctets(this.tokens, this.links);
    memory.fill(TOKEN_SEEN, 0, 256);
    const tokens = this.tokens;
    const whole = min<u32>(
      this.links,
      <u32> (this.start + this.octets - this.linksAt) / LINK_OCTETS,
    );
    let link = this.linksAt;
    for (let i: u32 = 0; i < whole; i++, link += LINK_OCTETS) {
      const token = load<u8>(link, TOKEN_AT);
      const valence = load<i8>(link, VALENCE_AT);
      const good = load<u8>(link) == HASH_BLAKE3 &&
        load<u8>(link, TO_AT) == HASH_BLAKE3 && token < tokens &&
        load<u64>(link, AMOUNT_AT) < AMOUNT_END &&
        valence >= -1 && valence <= 1;
      if (!good) return this.linkFault(i, link);
      store<u8>(TOKEN_SEEN + token, 1);
    }
    if (whole < this.links) return this.linkFault(whole, link);
    return this.allTokensUsed();
  }

  /** The link at `place` breaks a rule or is cut off: says which and where. */
  private linkFault(index: u32, place: usize): bool {
    const name = `link ${index}`;
    if (!this.identity(place, `${name}: from`)) return false;
    if (!this.identity(place + TO_AT, `${name}: to`)) return false;
    const tokenAt = place + TOKEN_AT;
    if (!this.fits(tokenAt, 1, `${name}: token`)) return false;
    const token = load<u8>(tokenAt);
    if (token >= this.tokens) {
      return this.no(`${name}: token ${token} of ${this.tokens}`, tokenAt);
    }
    const amountAt = place + AMOUNT_AT;
    if (!this.fits(amountAt, 8, `${name}: amount`)) return false;
    const amount = load<u64>(amountAt);
    if (amount >= AMOUNT_END) {
      return this.no(`${name}: amount ${amount} is not below 2^48`, amountAt);
    }
    const valenceAt = place + VALENCE_AT;
    if (!this.fits(valenceAt, 1, `${name}: valence`)) return false;
    return this.no(`${name}: valence must be -1, 0 or 1`, valenceAt);
  }

  private allTokensUsed(): bool {
    for (let i: u32 = 0; i < this.tokens; i++) {
      if (load<u8>(TOKEN_SEEN + i) == 0) {
        const place = this.tokensAt + i * IDENTITY_OCTETS;
        return this.no(`token ${i} is used by no link`, place);
      }
    }
    return true;
  }

  private operationList(): bool {
    const begin = this.operationsAt - 2;
    if (!this.fits(begin, 2, "number of operations")) return false;
    this.operations = load<u16>(begin);
    if (this.operations < 1 || this.operations > OPERATIONS_MAX) {
      const allowed = `1 to ${OPERATIONS_MAX} are allowed`;
      return this.no(`${this.operations} operations, ${allowed}`, begin);
    }
    const form = new OperationForm(this.links, this.linksAt);
    const end = this.start + this.octets;
    let at = this.operationsAt;
    for (let i: u32 = 0; i < this.operations; i++) {
      const rule = form.check(at, end - at);
      if (rule.length > 0) return this.no(`operation ${i}: ${rule}`, faultAt);
      at += operationOctets(load<u8>(at));
    }
    this.bodyOctets = <u32> (at - this.start);
    return true;
  }

  private rest(signature: u32): bool {
    const end = this.start + this.bodyOctets;
    if (signature > 0 && !this.fits(end, signature, "signature")) return false;
    const left = this.start + this.octets - end - signature;
    if (left == 0) return true;
    return this.no(`${left} octets after the end`, end + signature);
  }
}
