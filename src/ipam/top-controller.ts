/**
 * Which controller a pod belongs to in the end (ipam §3.6).
 * @module
 */

/** The top-most controller of a pod; the pod itself (`v1`, `Pod`) where it has none. */
export interface TopController {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}
