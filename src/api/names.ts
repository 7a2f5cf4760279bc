/**
 * The names that are our interface to users, node agents and other tools: group, finalizer, annotations, labels.
 *
 * They are the reference's, letter by letter (spec §1.1, §2; ipam §0); existing objects rely on every one of them.
 * @module
 */

/** API group of the four kinds. */
export const GROUP = "spiderpool.spidernet.io";

/** The only version of the group. */
export const VERSION = "v2beta1";

/** `apiVersion` of the four kinds. */
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Finalizer on pools, subnets and endpoints; a bare domain without a path, as in the reference. */
export const FINALIZER = GROUP;

/** Who we are in `metadata.managedFields` and as the reporting component of Events. */
export const FIELD_MANAGER = "autopool";

const PREFIX = "ipam.spidernet.io";

/** Annotations on pod templates, pods and pools (spec §2.1, §2.2.3). */
export const ANNOTATION = {
  /** JSON array of `{interface, ipv4, ipv6}`; its presence hides {@link ANNOTATION.subnet}. */
  subnets: `${PREFIX}/subnets`,
  /** One JSON object `{interface?, ipv4, ipv6}`. */
  subnet: `${PREFIX}/subnet`,
  /** `N` or `+N`; also on pools, normalised. */
  ipNumber: `${PREFIX}/ippool-ip-number`,
  /** Whether the pool goes with its application; a boolean as Go's ParseBool reads it. */
  reclaim: `${PREFIX}/ippool-reclaim`,
  /** Manual pools for each NIC. */
  pools: `${PREFIX}/ippools`,
  /** Manual pools for the NIC at hand. */
  pool: `${PREFIX}/ippool`,
  routes: `${PREFIX}/routes`,
  defaultRouteNic: `${PREFIX}/default-route-nic`,
  /** On namespaces: JSON array of pool names. */
  defaultIPv4Pool: `${PREFIX}/default-ipv4-ippool`,
  /** On namespaces: JSON array of pool names. */
  defaultIPv6Pool: `${PREFIX}/default-ipv6-ippool`,
  /** Ours, on pools: counts how often one of two operators made sure that nobody grows the pool by what it saw before. */
  fence: `${PREFIX}/fence`,
} as const;

/** Labels on pools and subnets (spec §2.2). */
export const LABEL = {
  /** On subnets: the CIDR in label form. */
  subnetCidr: `${PREFIX}/subnet-cidr`,
  /** On every pool: the CIDR in label form. */
  poolCidr: `${PREFIX}/ippool-cidr`,
  /** On pools controlled by a subnet: its name. */
  ownerSubnet: `${PREFIX}/owner-spider-subnet`,
  /** The application's apiVersion with `_` for `/`. */
  applicationGv: `${PREFIX}/owner-application-gv`,
  applicationKind: `${PREFIX}/owner-application-kind`,
  applicationNamespace: `${PREFIX}/owner-application-namespace`,
  /** Its existence makes a pool an auto pool; long names are shortened with a hash. */
  applicationName: `${PREFIX}/owner-application-name`,
  applicationUid: `${PREFIX}/owner-application-uid`,
  interface: `${PREFIX}/interface`,
  /** `IPv4` or `IPv6`. */
  ipVersion: `${PREFIX}/ip-version`,
  /** `true` or `false`. */
  reclaim: `${PREFIX}/ippool-reclaim`,
} as const;

/** The five keys of an auto pool's `podAffinity.matchLabels` (spec §2.2.4); never matched against a pod's own labels. */
export const AFFINITY = {
  /** Empty for the core group. */
  group: `${PREFIX}/app-api-group`,
  version: `${PREFIX}/app-api-version`,
  kind: `${PREFIX}/app-kind`,
  namespace: `${PREFIX}/app-namespace`,
  name: `${PREFIX}/app-name`,
} as const;
