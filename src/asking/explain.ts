/**
 * Answers "why" about one subject: who explains it, what looks wrong with it, and what Events say. Pure but for reading Events.
 * @module
 */

import { findAll } from "./check.ts";
import type { Enquiry } from "./enquiry.ts";
import { explainApplication } from "./explain-application.ts";
import { explainGonePod, explainPod } from "./explain-pod.ts";
import { explainPool } from "./explain-pool.ts";
import { explainSubnet } from "./explain-subnet.ts";
import { type Explanation, healthOf, type Unwarned } from "./explanation.ts";
import type { Finding } from "./finding.ts";
import { cureOf, type Obstacle } from "./obstacle.ts";
import { unseenIn } from "./snapshot.ts";
import type { Subject } from "./subject.ts";
import type { Warned } from "./warnings.ts";

/** Explains a subject as far as the snapshot tells. */
export function explain(enquiry: Enquiry, subject: Subject): Unwarned {
  const explained = explainSubject(enquiry, subject);
  const { now } = enquiry;
  const findings = findAll(enquiry.snapshot, { now, gcDelayMs: 0, families: enquiry.applications.families });
  const own = [...findings.values()].filter((finding) => isAbout(finding, explained));
  const unseen = unseenIn(enquiry.snapshot);
  return { ...explained, unseen, doubts: own.map(({ name, subject: about, text }) => `${name}: ${about}: ${text}`) };
}

function explainSubject(enquiry: Enquiry, subject: Subject): Unwarned {
  const { snapshot } = enquiry;
  if (subject.is === "application")
    return explainApplication(enquiry, enquiry.applications.observe(subject.application));
  const { namespace = "", name } = subject;
  if (subject.is === "pod") {
    const pod = snapshot.pods.get(`${namespace}/${name}`);
    return pod ? explainPod(enquiry, pod) : explainGonePod(enquiry, namespace, name);
  }
  const pool = subject.is === "pool" ? snapshot.pools.get(name) : undefined;
  if (pool) return explainPool(enquiry, pool);
  const subnet = snapshot.subnets.get(name);
  if (subnet) return explainSubnet(enquiry, subnet);
  throw new Error(`Cannot explain ${subject.kind} "${name}": it is gone`);
}

function isAbout({ pool, subnet, holder }: Finding, { kind, namespace, name, pools }: Unwarned): boolean {
  if (kind === "SpiderSubnet") return subnet === name && pool === undefined;
  if (kind === "SpiderIPPool") return pool === name;
  if (kind === "Pod") return holder?.namespace === namespace && holder?.name === name;
  return pool !== undefined && pools.some((view) => view.exists && view.pool === pool);
}

/** Warnings that are older than this speak of what has passed. */
const recentMs = 15 * 60_000;
/** What only the API server has told the operator: nothing that can be read says it but Events. */
const toldOnly: ReadonlySet<string> = new Set(["Refused"]);

/** Adds what Events say; where nothing else hinders, a refusal of the API server is the cause. */
export function withWarnings(
  explained: Unwarned,
  warnings: readonly Warned[],
  now: number,
  ageOf: (at: string) => number,
): Explanation {
  const { toldOf: _, ...rest } = explained;
  const refusal = warnings.find(({ reason, at }) => toldOnly.has(reason) && now - ageOf(at) < recentMs);
  const isOpen = explained.pools.some(
    ({ state, obstacles }) => (state === "pending" || state === "scaling") && obstacles.length === 0,
  );
  if (!refusal || !isOpen || explained.obstacles.length > 0) return { ...rest, warnings };
  const obstacle: Obstacle = {
    reason: refusal.reason,
    message: refusal.message,
    passes: false,
    helps: cureOf(refusal.reason),
  };
  const obstacles = [obstacle];
  return { ...rest, warnings, obstacles, health: healthOf(obstacles), summary: refusal.message, helps: obstacle.helps };
}
