/**
 * Wildcards in lists of pools: shell patterns as Go's `filepath.Match` reads them (ipam §2.3).
 *
 * `*` any characters but `/`, `?` one of them, `[a-z]` and `[^a]` classes, `\` takes the next character as it is. The
 * pattern comes from users, so it is matched without a regular expression: in time linear in pattern times name.
 * @module
 */

/** Takes one character. */
type CharacterTest = (character: string) => boolean;

/** Takes any number of characters. */
const STAR = "star";
type Token = CharacterTest | typeof STAR;

/** Tells whether a list's element is a pattern and not a name: the reference's rule, so `[p` is a name. */
export function isWildcard(text: string): boolean {
  return /[?*]/.test(text) || (text.includes("[") && text.includes("]"));
}

/**
 * Returns the test of a pattern.
 * @throws {SyntaxError} If it is malformed; also where no name ever reaches the malformed part.
 */
export function parseWildcard(pattern: string): (name: string) => boolean {
  const tokens = tokensOf([...pattern]);
  const lengthMin = tokens.filter((token) => token !== STAR).length;
  return (name) => {
    const characters = [...name];
    return lengthMin <= characters.length && matches(tokens, characters);
  };
}

/** Matches greedily: only the last star seen is ever given more characters, which suffices. */
function matches(tokens: readonly Token[], characters: readonly string[]): boolean {
  let [at, position] = [0, 0];
  let [starAt, starPosition] = [-1, 0];
  while (position < characters.length) {
    const token = tokens[at];
    if (token === STAR) {
      [starAt, starPosition] = [at, position];
      at++;
    } else if (token?.(characters[position] as string)) {
      at++;
      position++;
    } else if (starAt >= 0 && characters[starPosition] !== "/") {
      starPosition++;
      [at, position] = [starAt + 1, starPosition];
    } else return false;
  }
  return tokens.slice(at).every((token) => token === STAR);
}

function tokensOf(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; ) {
    const sign = pattern[at] as string;
    if (sign === "[") {
      const [token, end] = classOf(pattern, at + 1);
      tokens.push(token);
      at = end;
    } else if (sign === "*") {
      if (tokens.at(-1) !== STAR) tokens.push(STAR);
      at++;
    } else if (sign === "?") {
      tokens.push((character) => character !== "/");
      at++;
    } else {
      const [wanted, end] = sign === "\\" ? literal(pattern, at + 1) : [sign, at + 1];
      tokens.push((character) => character === wanted);
      at = end;
    }
  }
  return tokens;
}

/** Reads a class from behind its `[`; returns its test and where the pattern goes on. */
function classOf(pattern: readonly string[], begin: number): [CharacterTest, number] {
  const negated = pattern[begin] === "^";
  const ranges: [low: number, high: number][] = [];
  let at = negated ? begin + 1 : begin;
  while (ranges.length === 0 || pattern[at] !== "]") {
    const [low, behindLow] = classEnd(pattern, at);
    const [high, behindHigh] = pattern[behindLow] === "-" ? classEnd(pattern, behindLow + 1) : [low, behindLow];
    ranges.push([codeOf(low), codeOf(high)]);
    at = behindHigh;
  }
  const includes = (code: number): boolean => ranges.some(([low, high]) => low <= code && code <= high);
  return [(character) => includes(codeOf(character)) !== negated, at + 1];
}

/** Reads one end of a range. */
function classEnd(pattern: readonly string[], at: number): [character: string, end: number] {
  const sign = pattern[at];
  if (sign === "-" || sign === "]") throw malformedPattern();
  return literal(pattern, sign === "\\" ? at + 1 : at);
}

function literal(pattern: readonly string[], at: number): [character: string, end: number] {
  const character = pattern[at];
  if (character === undefined) throw malformedPattern();
  return [character, at + 1];
}

function codeOf(character: string): number {
  return character.codePointAt(0) as number;
}

/** Go's own words. */
function malformedPattern(): SyntaxError {
  return new SyntaxError("syntax error in pattern");
}
