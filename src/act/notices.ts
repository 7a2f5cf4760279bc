/**
 * The table of every Kubernetes Event that we emit: reason, type, message, what it means and what helps.
 *
 * No reason is spelled anywhere else, and the documentation of Events is made from this table. Messages name the thing, the
 * numbers and the cause (DESIGN §5), and nothing that differs at every attempt: equal messages become one Event. Pure.
 * @module
 */

/** One row. `cause` and `cure` are for people: one sentence each. */
interface Row<Details> {
  readonly type: "Warning";
  message(details: Details): string;
  readonly cause: string;
  readonly cure: string;
}

/** An Event to be recorded. */
export interface Notice {
  readonly type: "Warning";
  readonly reason: Reason;
  readonly message: string;
}

/** A number of addresses. */
type Count = number | bigint;

/** Fixes the details' type, and that all we ever tell is something to see to; what goes well is in the pool's status. */
function warning<Details>(row: Omit<Row<Details>, "type">): Row<Details> {
  return { type: "Warning", ...row };
}

/** The table, by reason. */
export const notices = {
  SubnetNotFound: warning<{ subnet: string }>({
    message: ({ subnet }) => `SpiderSubnet "${subnet}" does not exist`,
    cause: "The annotation names a SpiderSubnet that is not there.",
    cure: "Create the SpiderSubnet, or correct its name in the annotation; the pool follows by itself.",
  }),
  SubnetTerminating: warning<{ subnet: string }>({
    message: ({ subnet }) => `SpiderSubnet "${subnet}" is being deleted and gives out no more addresses`,
    cause: "The annotation names a SpiderSubnet that somebody has deleted and that waits for its pools to go.",
    cure: "Name another SpiderSubnet in the annotation.",
  }),
  SubnetWrongFamily: warning<{ subnet: string; wanted: 4 | 6; actual: 4 | 6 }>({
    message: ({ subnet, wanted, actual }) =>
      `SpiderSubnet "${subnet}" is IPv${actual}, but the annotation names it under "ipv${wanted}"`,
    cause: "The annotation names an IPv6 subnet under ipv4, or an IPv4 subnet under ipv6.",
    cure: "Move the name to the other list of the annotation.",
  }),
  SubnetInvalid: warning<{ subnet: string; reason: string }>({
    message: ({ subnet, reason }) => `SpiderSubnet "${subnet}" cannot be used: ${reason}`,
    cause: "The SpiderSubnet's spec or its record of pools cannot be read.",
    cure: "Correct what the message names in the SpiderSubnet.",
  }),
  InvalidSpec: warning<{ text: string }>({
    message: ({ text }) => text,
    cause:
      "A SpiderSubnet, SpiderIPPool or SpiderReservedIP that came in past the webhook is not as it should be; nobody is given an address out of it.",
    cure: "Correct the field that the message names.",
  }),
  Overlap: warning<{ text: string }>({
    message: ({ text }) => text,
    cause:
      "A SpiderSubnet or SpiderIPPool that came in past the webhook has addresses that an older one has; nobody is given an address out of it.",
    cure: "Take the addresses that the message names out of one of the two.",
  }),
  ForeignOwner: warning<{ text: string }>({
    message: ({ text }) => text,
    cause:
      "A SpiderIPPool has the CIDR of a SpiderSubnet, but another controller owns it; it serves pods all the same.",
    cure: "Take the other controller out of the pool's owner references, or leave it as it is.",
  }),
  InsufficientAddresses: warning<{
    subnet: string;
    free: Count;
    needed: Count;
    /** The pool of the same subnet with the most addresses that its application does not need now. */
    spare?: { pool: string; count: Count };
  }>({
    message: ({ subnet, free, needed, spare }) => {
      const base = `${subnet} has ${counted(free, "free address")}, ${needed} ${isOne(needed) ? "is" : "are"} needed`;
      return spare === undefined ? base : `${base}; pool ${spare.pool} holds ${spare.count} spare`;
    },
    cause: "The SpiderSubnet has fewer free addresses than the pool has to get; a pool gets all of them or none.",
    cure: "Add addresses to the SpiderSubnet, or make another pool of it smaller; the pool follows by itself, first come first served.",
  }),
  ShrinkBlocked: warning<{ pool: string; size: Count; wanted: Count; inUse: Count }>({
    message: ({ pool, size, wanted, inUse }) =>
      `Pool ${pool} cannot shrink from ${size} to ${wanted} yet: ${used(inUse)}`,
    cause: "The pool is to get smaller, but pods still hold more of its addresses than it would have.",
    cure: "Nothing: the pool shrinks as soon as the pods have ended.",
  }),
  InvalidAnnotation: warning<{ reason: string }>({
    message: ({ reason }) => reason,
    cause: "An annotation of the pod template cannot be read, or contradicts itself.",
    cure: "Correct the annotation that the message names.",
  }),
  FixedNumberRequired: warning<{ kind: string; name: string; reason: string }>({
    message: ({ kind, name, reason }) => `${kind} "${name}" can only have pools of a fixed size: ${reason}`,
    cause: "The application's controller is not one that Kubernetes ships, so its pools keep one size for ever.",
    cure: 'Set annotation "ipam.spidernet.io/ippool-ip-number" of the pod template to a plain number, for example "5".',
  }),
  ScalingDisabled: warning<{ pool: string; text: string }>({
    message: ({ pool, text }) => `${pool}: ${text}`,
    cause: "More or other addresses are asked for, and the application's controller is not one that Kubernetes ships.",
    cure: "Set the number back, or delete the pool by hand while no pod uses it: it is made again with the new number.",
  }),
  PoolNameTaken: warning<{ pool: string }>({
    message: ({ pool }) =>
      `A SpiderIPPool named "${pool}" exists and does not belong to this application; a longer name is taken`,
    cause: "Somebody else's SpiderIPPool has the name that the new pool would have.",
    cure: "Nothing: the pool gets a longer name.",
  }),
  Refused: warning<{ action: string; pool: string; text: string }>({
    message: ({ action, pool, text }) => `The API server refused to ${action} pool ${pool}: ${text}`,
    cause: "The API server or an admission webhook of the cluster does not let us write the pool.",
    cure: "Do what its text in the message says; it is tried again, more and more seldom.",
  }),
  LedgerFull: warning<{ subnet: string; bytes: number; bytesMax: number }>({
    message: ({ subnet, bytes, bytesMax }) =>
      `SpiderSubnet "${subnet}" cannot record another pool: its status would have ${bytes} bytes, ${bytesMax} are possible`,
    cause:
      "One SpiderSubnet has so many pools that its record of them exceeds what the API server stores in one object.",
    cure: "Spread the applications over several SpiderSubnets.",
  }),
  WaitingForPool: warning<{ text: string }>({
    message: ({ text }) => text,
    cause: "A pod starts that is to have an automatic pool, and the pool is not there yet.",
    cure: "See the Events of the pod's controller, which say what hinders the pool; the pod gets its address as soon as it is there.",
  }),
  AddressesExhausted: warning<{ text: string }>({
    message: ({ text }) => text,
    cause: "All addresses of the automatic pool that a pod is to draw from are in use.",
    cure: 'Make the pool larger with annotation "ipam.spidernet.io/ippool-ip-number", or wait until a pod of the application has ended.',
  }),
};

/** The reasons there are; no other word can be an Event's reason. */
export type Reason = keyof typeof notices;

/** What the message of a reason is made from. */
export type Details<R extends Reason> = (typeof notices)[R] extends Row<infer D> ? D : never;

/**
 * Returns the Event of a reason.
 * @example
 * `notice("SubnetNotFound", { subnet: "web-v4" })`
 */
export function notice<R extends Reason>(reason: R, details: Details<R>): Notice {
  const row = notices[reason] as unknown as Row<Details<R>>;
  return { type: row.type, reason, message: row.message(details) };
}

function counted(count: Count, noun: "address" | "free address"): string {
  return `${count} ${noun}${isOne(count) ? "" : "es"}`;
}

function used(count: Count): string {
  return `${counted(count, "address")} ${isOne(count) ? "is" : "are"} in use`;
}

function isOne(count: Count): boolean {
  return Number(count) === 1;
}
