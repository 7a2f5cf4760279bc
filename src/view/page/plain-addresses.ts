/**
 * In place of the library for addresses, which the page does without: what is not written plainly is refused.
 * @module
 */

/** An IPv4 address in unusual spelling. */
export class Address4 {
  constructor() {
    throw new SyntaxError("it is not written plainly");
  }
}

/** An IPv6 address in unusual spelling. */
export class Address6 extends Address4 {}
