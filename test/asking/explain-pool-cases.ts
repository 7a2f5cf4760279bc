/**
 * What can hinder a pool that is there, and pools of controllers that Kubernetes does not ship: more rows of `explain-cases.ts`.
 * @module
 */

import { cronJobs, deployments, jobs, spiderIPPools, statefulSets } from "../../src/api/resources.ts";
import type { KubeObject } from "../../src/cluster/cluster.ts";
import { cloneSets } from "../../src/simulation/clone-set.ts";
import { type AskingWorld, annotationsOf, workload } from "./asking-world.ts";

import type { ExplainCase } from "./explain-cases.ts";

const on = (name: string, more: object = {}) => ({ subnet: { ipv4: [name] }, ...more });
const fixed = (name: string, count: number | string) => on(name, { "ippool-ip-number": String(count) });
const web = { namespace: "default", name: "web" };

/** Makes a Deployment "web" without pods that ask for an address, and asks for it. */
const deployed =
  (annotations: object, replicas = 1) =>
  async (world: AskingWorld): Promise<string> => {
    await world.run(deployments, "web", { replicas, annotations: { ...annotations } });
    return "deploy/web";
  };

export const byPool: readonly ExplainCase[] = [
  {
    what: "all well",
    plant: deployed(on("s4"), 2),
    health: "well",
    says: /has what it wants: 2 of 3 addresses of auto4-web-eth0-\w+ in use/,
  },
  {
    what: "all well with a Job and a CronJob, too",
    async plant(world) {
      const template = { metadata: { annotations: annotationsOf(on("s4")) } };
      const job = { metadata: { namespace: "default", name: "job" }, spec: { parallelism: 2, template } };
      await world.act((user) => user.create(jobs, job as KubeObject));
      const cron = { metadata: { namespace: "default", name: "cron" }, spec: { jobTemplate: { spec: { template } } } };
      await world.act((user) => user.create(cronJobs, cron as KubeObject));
      return "cj/cron";
    },
    health: "well",
    says: /has what it wants: 0 of 2 addresses of auto4-cron-eth0-\w+ in use/,
  },
  {
    what: "a pool that cannot shrink, with the pods in its way",
    async plant(world) {
      await deployed(on("s4"), 3)(world);
      const { name } = world.pool("auto4-web").metadata;
      await world.act(
        (user) =>
          user.patch(deployments, web, {
            spec: { template: { metadata: { annotations: annotationsOf(fixed("s4", 2)) } } },
          }),
        1,
      );
      return `sp/${name}`;
    },
    health: "waiting",
    says: /cannot shrink from 4 to 2 yet: 3 addresses are in use/,
    helps: /set "ipam\.spidernet\.io\/ippool-ip-number" so that it is 3 at least/,
  },
  {
    what: "a name that somebody else has",
    async plant(world) {
      await world.act((user) => user.create(deployments, workload("web", { replicas: 0, annotations: on("late") })));
      const uid = world.objects(deployments)[0]?.metadata.uid ?? "";
      const name = `auto4-web-eth0-${uid.split("-").at(-1)?.slice(0, 5)}`;
      const foreign = { metadata: { name }, spec: { subnet: "10.9.0.0/24", ips: ["10.9.0.1"] } };
      await world.act((user) => user.create(spiderIPPools, foreign as KubeObject));
      return "deploy/web";
    },
    health: "stuck",
    says: /SpiderSubnet "late" does not exist \(and 1 more\)/,
    helps: /Nothing: the pool gets a longer name/,
  },
  {
    what: "a Deployment that is gone and has left its pool",
    async plant(world) {
      await deployed(on("s4", { "ippool-reclaim": "false" }), 0)(world);
      await world.act((user) => user.delete(deployments, web));
      return `sp/${world.pool("auto4-web").metadata.name}`;
    },
    health: "well",
    says: /is kept though Deployment default\/web is gone, for a successor of that name \(ippool-reclaim "false"\); 0 of 1 address in use; kubectl delete sp/,
  },
  {
    what: "a pool that is being deleted while it is in use",
    async plant(world) {
      await world.run(statefulSets, "db", { annotations: { ippool: { ipv4: ["manual"] } }, replicas: 0 });
      const manual = { metadata: { name: "manual" }, spec: { subnet: "10.9.0.0/24", ips: ["10.9.0.1-10.9.0.3"] } };
      await world.act((user) => user.create(spiderIPPools, manual as KubeObject));
      await world.act((user) =>
        user.patch(statefulSets, { namespace: "default", name: "db" }, { spec: { replicas: 2 } }),
      );
      await world.act((user) => user.delete(spiderIPPools, { name: "manual" }));
      return "manual";
    },
    health: "waiting",
    says: /Pool manual is being deleted and goes when its 2 addresses in use are free/,
    helps: /end the pods that have its addresses/,
  },
  {
    what: "a manual pool that is refused",
    async plant(world) {
      const pool = { metadata: { name: "wrong" }, spec: { subnet: "10.4.0.0/24", ips: ["10.4.0.10", "10.4.0.200"] } };
      await world.act((user) => user.create(spiderIPPools, pool as KubeObject));
      return "sp/wrong";
    },
    health: "stuck",
    says: /10\.4\.0\.200/,
    helps: /Correct the field that the message names/,
  },
  {
    what: "a pool whose labels say nothing any more",
    async plant(world) {
      await deployed(on("s4"), 0)(world);
      const { name } = world.pool("auto4-web").metadata;
      const labels = Object.fromEntries(
        Object.keys(world.pool("auto4-web").metadata.labels ?? {}).map((key) => [key, null]),
      );
      await world.user.patch(spiderIPPools, { name }, { metadata: { labels }, spec: { podAffinity: null } });
      return `sp/${name}`;
    },
    health: "well",
    says: /a manual pool/,
  },
];

export const byKind: readonly ExplainCase[] = [
  ...(["+5", undefined] as const).map(
    (number): ExplainCase => ({
      what: `a CloneSet with the number ${number ?? "absent"}`,
      async plant(world) {
        const annotations = on("s4", number === undefined ? {} : { "ippool-ip-number": number });
        await world.act((user) => user.create(cloneSets, workload("game", { annotations })));
        return "cloneset/game";
      },
      health: "stuck",
      says: /CloneSet "game" can only have pools of a fixed size: .*it must be a plain number like "5"/,
      helps: /to a plain number, for example "5"/,
    }),
  ),
  {
    what: "a pinned pool that is asked to be larger",
    async plant(world) {
      await world.act((user) => user.create(cloneSets, workload("game", { annotations: fixed("s4", 2) })));
      const template = { metadata: { annotations: annotationsOf(fixed("s4", 7)) } };
      const ref = { namespace: "default", name: "game" };
      await world.act((user) => user.patch(cloneSets, ref, { spec: { replicas: 2, template } }));
      return "cloneset/game";
    },
    health: "stuck",
    says: /The pool keeps its 2 addresses although 7 are asked for: pools of this kind of application are never scaled/,
    helps: /Set the number back, or delete the pool by hand/,
  },
  {
    what: "more pods than a pinned pool has addresses",
    async plant(world) {
      await world.act((user) => user.create(cloneSets, workload("game", { replicas: 3, annotations: fixed("s4", 2) })));
      return "cloneset/game";
    },
    health: "stuck",
    says: /There are more pods than the pool's 2 addresses/,
  },
  {
    what: "a CloneSet that is gone and has left its pool",
    async plant(world) {
      await world.act((user) => user.create(cloneSets, workload("game", { replicas: 1, annotations: fixed("s4", 2) })));
      await world.act((user) =>
        user.delete(cloneSets, { namespace: "default", name: "game" }, { propagationPolicy: "Background" }),
      );
      return `sp/${world.pool("auto4-game").metadata.name}`;
    },
    health: "well",
    says: /is kept though CloneSet default\/game is gone, for a successor of that name; 0 of 2 addresses in use/,
  },
];
