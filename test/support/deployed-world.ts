/**
 * autopool on real nodes as an administrator installs it: `kubectl apply -k deploy/`, with the image of deploy/Dockerfile in the nodes.
 *
 * A test file opens one world in `before` and closes it in `after`, which takes autopool off again and leaves the nodes as they were.
 * @module
 */

import { join } from "node:path";
import { loadAll } from "js-yaml";
import type { Pod } from "../../src/api/pod.ts";
import { leases, pods } from "../../src/api/resources.ts";
import { sleep, systemClock } from "../../src/clock.ts";
import type { Cluster, KubeObject } from "../../src/cluster/cluster.ts";
import { clusterScript, program } from "./cluster-script.ts";
import { eventually } from "./eventually.ts";
import { kubectl } from "./kubectl.ts";
import { missingForNodes } from "./needs.ts";
import type { NodePlace } from "./node-place.ts";
import { NodePlaces } from "./node-places.ts";
import { nodeNumbers } from "./node-world.ts";
import { realCluster } from "./real.ts";

const namespace = "autopool-system";
const folder = "deploy";
const lease = { namespace, name: "spiderpool-controller-leases" };

/** How long a replica leads without a word, in seconds, unless it is told otherwise. */
export const LEASE_SECONDS = 15;

/** What this build is called after the update from an earlier one: from itself, unless `AUTOPOOL_PREVIOUS` names a built checkout. */
const nextTag = "next";

const containerd = ["ctr", "--namespace", "k8s.io"];

type Lease = KubeObject & { readonly spec?: { readonly holderIdentity?: string } };

interface Rendered extends KubeObject {
  readonly spec?: { readonly template?: { readonly spec?: { readonly containers: readonly { image: string }[] } } };
}

export class DeployedWorld {
  readonly cluster: Cluster;
  /** What {@link update} leads to. */
  readonly nextImage: string;
  readonly #places = new NodePlaces();

  private constructor(cluster: Cluster, image: string) {
    this.cluster = cluster;
    this.nextImage = renamed(image);
  }

  /** Makes the image, puts it into the nodes, and installs. */
  static async open(): Promise<DeployedWorld> {
    const missing = missingForNodes();
    if (missing !== undefined) throw new Error(`Cannot use nodes: ${missing}`);
    await clusterScript("node.sh", "up", ...nodeNumbers.map(String));
    const image = imageOf(await kubectl("kustomize", folder));
    const previous = process.env["AUTOPOOL_PREVIOUS"];
    if (previous !== undefined) await putIntoNodes(previous, image);
    await putIntoNodes(".", ...(previous === undefined ? [image] : []), renamed(image));
    const world = new DeployedWorld(await realCluster(), image);
    try {
      await world.install();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  /** Applies manifests as they are in the repository, and waits until everything of them is ready. */
  async install(manifests = folder): Promise<void> {
    await kubectl("apply", "-k", manifests);
    await this.settled();
  }

  /** Waits until the operator's replicas and the agents are the ones that are wanted, and ready, and no others are left. */
  async settled(): Promise<void> {
    for (const workload of ["deployment/autopool", "daemonset/autopool-agent"]) {
      await kubectl("-n", namespace, "rollout", "status", workload, "--timeout=120s");
    }
    await eventually(
      async () => {
        const all = [...(await this.pods("operator")), ...(await this.pods("agent"))];
        const leaving = all.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
        if (leaving.length > 0) throw new Error(`These still end: ${leaving.map(({ metadata }) => metadata.name)}`);
      },
      { seconds: 60 },
    );
  }

  /** Takes it off, as deploy/base says, but for the definitions, and with them subnets, pools and endpoints. */
  async uninstall(): Promise<void> {
    await kubectl("delete", "-k", "deploy/base", "--ignore-not-found", "--timeout=120s");
  }

  /** Tells operator and agents to become the next version, one pod after the other. */
  async update(): Promise<void> {
    await kubectl("-n", namespace, "set", "image", "deployment/autopool", `autopool=${this.nextImage}`);
    await kubectl("-n", namespace, "set", "image", "daemonset/autopool-agent", `agent=${this.nextImage}`);
  }

  /** The operator's pods or the agents'. */
  async pods(component: "operator" | "agent"): Promise<Pod[]> {
    const labelSelector = `app.kubernetes.io/component=${component}`;
    return (await this.cluster.list<Pod>(pods, { namespace, labelSelector })).items;
  }

  /** Which leader's term it is: another text for each. */
  async term(): Promise<string> {
    const { metadata, spec } = await this.cluster.get<Lease>(leases, lease);
    return `${metadata.uid} ${spec?.holderIdentity}`;
  }

  /** Takes the lease away, so that nobody has it and whoever comes first gets it. */
  async deleteLease(): Promise<void> {
    await this.cluster.delete(leases, lease);
  }

  /** The pod of the replica that leads. */
  async leadingPod(): Promise<Pod> {
    return eventually(async () => {
      const { spec } = await this.cluster.get<Lease>(leases, lease);
      const pod = (await this.pods("operator")).find(({ metadata: { name } }) =>
        spec?.holderIdentity?.startsWith(`${name}_`),
      );
      if (pod === undefined) throw new Error(`No pod is the leader "${spec?.holderIdentity}"`);
      return pod;
    });
  }

  /** Takes the nodes' way to the API server away for a time. */
  async cutNodes(seconds: number): Promise<void> {
    const relay = (verb: string): Promise<unknown> =>
      Promise.all(nodeNumbers.map((number) => clusterScript("node.sh", verb, `${number}`, "relay-api")));
    await relay("stop");
    try {
      await sleep(systemClock, seconds * 1000);
    } finally {
      await relay("start");
    }
  }

  /** Sends a signal to the program of a pod, whose kubelet starts it again. */
  async signal(pod: Pod, signal: "KILL" | "TERM"): Promise<void> {
    const [container] = (pod.status?.containerStatuses ?? []) as { containerID: string }[];
    const number = pod.spec?.nodeName?.replace("node", "") ?? "";
    const id = container?.containerID.replace(/^.*:\/\//, "") ?? "";
    await clusterScript("node.sh", "exec", number, ...containerd, "task", "kill", "--signal", signal, id);
  }

  /** Runs a script of Node.js in a pod of autopool, which has no other program, and returns what it prints. */
  async node({ metadata: { name } }: Pod, script: string): Promise<string> {
    return kubectl("-n", namespace, "exec", name, "--", "node", "-e", script);
  }

  /** A namespace for one test, removed with all it holds by {@link clear}. */
  async place(): Promise<NodePlace> {
    return this.#places.fresh(this.cluster, "deployed");
  }

  /** The namespace that manifests without one go to; it stays. */
  defaultPlace(): NodePlace {
    return this.#places.default(this.cluster);
  }

  /** Removes what tests made so far. */
  async clear(): Promise<void> {
    await this.#places.clear();
  }

  async close(): Promise<void> {
    try {
      await this.clear();
    } finally {
      await this.uninstall();
      await this.cluster.close();
    }
  }
}

/** Makes the image of what a checkout has built, under names, and puts it into the nodes. */
async function putIntoNodes(checkout: string, ...images: readonly string[]): Promise<void> {
  const names = images.map((name) => `docker.io/library/${name}`);
  const archive = join(process.env["AUTOPOOL_CLUSTER_STATE"] ?? "", "autopool-image.tar");
  await program("npm", "--prefix", checkout, "run", "build:image", "--", archive, ...names);
  for (const number of nodeNumbers) {
    await clusterScript("node.sh", "exec", `${number}`, ...containerd, "images", "import", "--local", archive);
  }
}

/** The one image of all manifests. */
function imageOf(manifests: string): string {
  const rendered = loadAll(manifests) as Rendered[];
  const images = rendered.flatMap(({ spec }) => spec?.template?.spec?.containers.map(({ image }) => image) ?? []);
  const [image = ""] = new Set(images);
  return image;
}

const renamed = (image: string): string => image.replace(/:[^:]*$/, `:${nextTag}`);
