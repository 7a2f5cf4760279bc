/**
 * Conditions in an object's status, in the API's own shape (`metav1.Condition`), so that `kubectl wait` works on them.
 * @module
 */

/** One observation about an object. */
export interface Condition {
  /** CamelCase, e.g. `Ready`. */
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  /** One CamelCase word for programs; never empty. */
  readonly reason: string;
  /** A sentence for people; may be empty. */
  readonly message: string;
  /** When `status` changed last, as the API writes times. */
  readonly lastTransitionTime: string;
  /** `metadata.generation` that this was observed at. */
  readonly observedGeneration?: number;
}
