/**
 * Which autopool this is; a test holds it to the package's own version.
 * @module
 */

/** The version in `package.json`. */
export const AUTOPOOL_VERSION = "0.1.0";
