/**
 * Pods that run on real nodes, as manifests, and what they may ask for.
 * @module
 */

import type { Family } from "../../src/address/address.ts";
import { freshSpec } from "./place.ts";

/** What tests say of a pod; the rest is the same for all. */
export interface PodWish {
  readonly annotations?: Readonly<Record<string, string>>;
  /** What the container runs, as a shell's script. */
  readonly script?: string;
  /** More members of the pod's spec. */
  readonly spec?: object;
}

/** Ends at once when it is told to, as the walkthrough's container does. */
const idle = "trap : TERM INT; sleep infinity & wait";

/** Returns a pod template that carries the label `app`. */
export function podTemplate(app: string, { annotations = {}, script = idle, spec = {} }: PodWish) {
  const command = ["/bin/sh", "-c", script];
  const containers = [{ name: "main", image: "busybox", imagePullPolicy: "IfNotPresent", command }];
  return {
    metadata: { labels: { app }, annotations },
    spec: { terminationGracePeriodSeconds: 5, containers, ...spec },
  };
}

/** Returns the spec of a subnet or pool that no other test has, and that leads nowhere. */
export function closedSpec(family: Family, count: number): object {
  const { gateway: _, routes: __, ...spec } = freshSpec(family, count);
  return spec;
}

/** The annotation that names manual pools. */
export function fromPools(ipv4: readonly string[], ipv6: readonly string[] = []): Record<string, string> {
  return { "ipam.spidernet.io/ippool": JSON.stringify({ ipv4, ipv6 }) };
}

/** The annotations that ask for automatic pools. */
export function fromSubnets(ipv4: string, ipv6: string, number: string): Record<string, string> {
  return {
    "ipam.spidernet.io/subnet": JSON.stringify({ ipv4: [ipv4], ipv6: [ipv6] }),
    "ipam.spidernet.io/ippool-ip-number": number,
  };
}
