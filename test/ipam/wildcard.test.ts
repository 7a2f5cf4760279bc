/** Wildcards: what Go's filepath.Match matches and refuses; the rows are those of Go's own documentation and corner cases. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isWildcard, parseWildcard } from "../../src/ipam/wildcard.ts";

const wildcards = suite("wildcard");

const rows: [pattern: string, name: string, matches: boolean][] = [
  ["abc", "abc", true],
  ["*", "abc", true],
  ["*", "", true],
  ["*c", "abc", true],
  ["*c", "abcd", false],
  ["a*", "a", true],
  ["a*", "abc", true],
  ["a*b", "ab", true],
  ["a*b", "acbc", false],
  ["a*b*c", "a-b-b-c-c", true],
  ["a*b*c", "a-c-b", false],
  ["**", "abc", true],
  ["*", "a/c", false],
  ["a*/b", "a/c/b", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["a?c", "a/c", false],
  ["?", "", false],
  ["ab[c]", "abc", true],
  ["ab[b-d]", "abc", true],
  ["ab[e-g]", "abc", false],
  ["ab[^c]", "abc", false],
  ["ab[^e-g]", "abc", true],
  ["ab[^b-d]", "abc", false],
  ["[a-zA-Z0-9]x", "Qx", true],
  ["[\\]a]", "]", true],
  ["[\\-x]", "-", true],
  ["[x\\-]", "-", true],
  ["[x\\-]", "z", false],
  ["a\\*b", "a*b", true],
  ["a\\*b", "axb", false],
  ["\\a*", "abc", true],
  ["pool-?-v[46]", "pool-1-v6", true],
  ["a?b", "a☺b", true],
  ["a[^a]b", "a☺b", true],
];
for (const [pattern, name, expected] of rows) {
  wildcards(`${pattern} ${expected ? "matches" : "does not match"} "${name}"`, () => {
    assert.is(parseWildcard(pattern)(name), expected);
  });
}

for (const pattern of ["[", "[^", "[a", "[a-", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "*[", "x*[a", "a\\", "[a\\"]) {
  wildcards(`${pattern} is refused, whether or not a name reaches the malformed part`, () => {
    assert.throws(() => parseWildcard(pattern), /syntax error in pattern/);
  });
}

wildcards("is told from a name by a question mark, an asterisk, or both brackets", () => {
  const texts = ["p?", "p*", "p[1]", "]p[", "[p", "p]", "p", "a\\b", ""];

  assert.equal(texts.filter(isWildcard), ["p?", "p*", "p[1]", "]p["]);
});

wildcards("takes no time worth mentioning for patterns made to be slow", () => {
  const name = "a".repeat(253);
  const slow = parseWildcard(`${"a*".repeat(120)}b`);
  const long = parseWildcard("a*".repeat(100_000));

  for (let i = 0; i < 100; i++) assert.not(slow(name) || long(name));
});

wildcards("without special characters matches itself only", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "-", "."), maxLength: 6 });
  void fc.assert(
    fc.property(word, word, (pattern, name) => {
      assert.is(parseWildcard(pattern)(name), pattern === name);
    }),
  );
});

wildcards("with stars and question marks matches what the like regular expression does", () => {
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  void fc.assert(
    fc.property(pattern, name, (text, candidate) => {
      const expected = new RegExp(`^${text.replaceAll("?", ".").replaceAll("*", ".*")}$`).test(candidate);
      assert.is(parseWildcard(text)(candidate), expected);
    }),
    { numRuns: 2000 },
  );
});

wildcards.run();
