const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Up to so many digits an integer is a double to the last bit, and so is its quotient by a power of ten, rounded. */
const exactDigits = 15;
const powersOfTen = Float64Array.from({ length: exactDigits + 1 }, (_, i) => 10 ** i);

/** Reads numbers of JSON where they stand. */
export class JsonNumberReader {
  readonly #bytes: Buffer;
  value = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /**
   * Reads the number that begins at `start` into `value`, as `JSON.parse` does, to the last bit.
   *
   * @returns where it ends; -1 where no number of JSON stands.
   */
  read(start: number, end: number): number {
    const bytes = this.#bytes;
    const isNegative = bytes[start] === minus;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let digits = 0;
    for (; at < end && isDigit(bytes[at]!); at++) digits = digits * 10 + (bytes[at]! - zero);
    if (at === first || (bytes[first] === zero && at > first + 1)) return -1;
    let count = at - first;
    let decimals = 0;
    if (at < end && bytes[at] === point) {
      const fraction = ++at;
      for (; at < end && isDigit(bytes[at]!); at++) digits = digits * 10 + (bytes[at]! - zero);
      if (at === fraction) return -1;
      decimals = at - fraction;
      count += decimals;
    }
    if ((at < end && (bytes[at]! | 0x20) === 0x65) || count > exactDigits) return this.#readLong(start, at, end);
    const size = decimals === 0 ? digits : digits / powersOfTen[decimals]!;
    this.value = isNegative ? -size : size;
    return at;
  }

  #readLong(start: number, mantissaEnd: number, end: number): number {
    const bytes = this.#bytes;
    let at = mantissaEnd;
    if (at < end && (bytes[at]! | 0x20) === 0x65) {
      at++;
      if (bytes[at] === plus || bytes[at] === minus) at++;
      const exponent = at;
      while (at < end && isDigit(bytes[at]!)) at++;
      if (at === exponent) return -1;
    }
    this.value = Number(bytes.toString('latin1', start, at));
    return at;
  }
}

/** Where the numbers of `time` and `value` stand in the text of a sample. */
export interface SampleTokens {
  firstStart: number;
  firstEnd: number;
  secondStart: number;
  secondEnd: number;
  isTimeFirst: boolean;
}

/**
 * Finds the numbers of the members `time` and `value` in the JSON object from `start` to `end`. Of other members it
 * only finds the end: whether they are well formed is for a parser to say.
 *
 * @returns undefined where not both are numbers and stand there once.
 */
export function tokensOf(
  bytes: Buffer,
  start: number,
  end: number,
  numbers: JsonNumberReader,
): SampleTokens | undefined {
  const tokens: SampleTokens = { firstStart: -1, firstEnd: -1, secondStart: -1, secondEnd: -1, isTimeFirst: false };
  let found = 0;
  let hasTime = false;
  let at = afterSpace(bytes, start, end);
  if (bytes[at] !== openBrace) return undefined;
  do {
    const nameStart = afterSpace(bytes, at + 1, end);
    const nameEnd = bytes[nameStart] === quote ? endOfPlainText(bytes, nameStart, end) : -1;
    if (nameEnd === -1) return undefined;
    at = afterSpace(bytes, nameEnd, end);
    if (bytes[at] !== colon) return undefined;
    const valueStart = afterSpace(bytes, at + 1, end);
    const isTime = isName(bytes, nameStart, nameEnd, 'time');
    if (isTime || isName(bytes, nameStart, nameEnd, 'value')) {
      const valueEnd = numbers.read(valueStart, end);
      if (valueEnd === -1 || found === 2 || (found === 1 && isTime === hasTime)) return undefined;
      if (found++ === 0) [tokens.firstStart, tokens.firstEnd, tokens.isTimeFirst] = [valueStart, valueEnd, isTime];
      else [tokens.secondStart, tokens.secondEnd] = [valueStart, valueEnd];
      hasTime ||= isTime;
      at = valueEnd;
    } else {
      at = endOfValue(bytes, valueStart, end);
    }
    at = afterSpace(bytes, at, end);
  } while (bytes[at] === comma && at < end);
  const isWhole = at < end && bytes[at] === closeBrace && afterSpace(bytes, at + 1, end) === end;
  return isWhole && found === 2 ? tokens : undefined;
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

function afterSpace(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x0d || bytes[at] === 0x0a || bytes[at] === 0x09)) at++;
  return at;
}

/** The end of a text without escapes; -1 of any other. */
function endOfPlainText(bytes: Buffer, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] === quote) return at + 1;
    if (bytes[at] === backslash) return -1;
  }
  return -1;
}

function isName(bytes: Buffer, start: number, end: number, name: string): boolean {
  if (end - start !== name.length + 2) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + 1 + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** Where a value ends: at the comma or the bracket behind it that belongs to none of its own. */
function endOfValue(bytes: Buffer, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === quote) at = endOfText(bytes, at, end) - 1;
    else if (byte === openBrace || byte === openBracket) depth++;
    else if (depth === 0 && (byte === comma || byte === closeBrace || byte === closeBracket)) return at;
    else if (byte === closeBrace || byte === closeBracket) depth--;
  }
  return end;
}

function endOfText(bytes: Buffer, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === quote) return at + 1;
  }
  return end;
}
