/**
 * Everything that a pool's machine can ask for.
 *
 * Operations are desires, not differences: each may run twice, and the newest of a pool replaces the ones before it.
 * @module
 */

export type Operation =
  /** Record and pool exist, belong to the application and hold `size` addresses. */
  | { readonly kind: "ensurePool"; readonly size: number }
  /** The pool belongs to the application and is as its record says; its number of addresses stays. */
  | { readonly kind: "keepPool" }
  /** The pool object with this UID is deleted. */
  | { readonly kind: "removePool"; readonly uid: string }
  /** The pool object is gone for good: its addresses go back to the subnet. */
  | { readonly kind: "releaseRecord" }
  /** People are told, by a Kubernetes Event. */
  | { readonly kind: "notify"; readonly reason: string; readonly message: string };
