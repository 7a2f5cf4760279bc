/**
 * The places that the tests of one world on real nodes have taken, so that they can be given back together.
 * @module
 */

import type { Cluster } from "../../src/cluster/cluster.ts";
import { NodePlace } from "./node-place.ts";
import { freshNamespace } from "./real.ts";

export class NodePlaces {
  readonly #taken: NodePlace[] = [];

  /** A namespace for one test, removed with all it holds by {@link clear}; its name begins with the prefix. */
  async fresh(cluster: Cluster, prefix: string): Promise<NodePlace> {
    const { name } = await freshNamespace(cluster, prefix);
    return this.#take(cluster, name);
  }

  /** The namespace that manifests without one go to; it stays. */
  default(cluster: Cluster): NodePlace {
    return this.#take(cluster, "default");
  }

  /** Removes what tests made so far. */
  async clear(): Promise<void> {
    await Promise.all(this.#taken.splice(0).map((place) => place.clear()));
  }

  #take(cluster: Cluster, namespace: string): NodePlace {
    const place = new NodePlace(cluster, namespace);
    this.#taken.push(place);
    return place;
  }
}
