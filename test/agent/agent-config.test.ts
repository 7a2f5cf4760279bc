/** What the agent can be told, and what it refuses. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readAgentConfig } from "../../src/agent/agent-config.ts";
import { ConfigError } from "../../src/config.ts";

const config = suite("the agent's configuration");

config("needs nothing but the node's name", () => {
  const { ipam, socket, plugin } = readAgentConfig(["--node-name", "n1"], {});
  assert.equal([ipam.nodeName, ipam.families, ipam.recordsMax, ipam.waitForPoolMs], ["n1", [4, 6], 5000, 50_000]);
  assert.equal([socket, plugin], ["/var/run/spidernet/spiderpool.sock", undefined]);
});

config("understands the variables of the reference's agent", () => {
  const { ipam, logLevel } = readAgentConfig([], {
    SPIDERPOOL_NODE_NAME: "n2",
    SPIDERPOOL_POD_NAMESPACE: "spiderpool",
    SPIDERPOOL_IPPOOL_MAX_ALLOCATED_IPS: "7",
    SPIDERPOOL_LOG_LEVEL: "debug",
    MULTUS_CLUSTER_NETWORK: "kube-system/macvlan",
  });
  assert.equal(
    [ipam.nodeName, ipam.agentNamespace, ipam.recordsMax, ipam.clusterNetwork, logLevel],
    ["n2", "spiderpool", 7, "kube-system/macvlan", "debug"],
  );
});

config("installs the plugin where it is told to, and only there", () => {
  const { plugin } = readAgentConfig(["--node-name", "n", "--cni-bin-dir", "/opt/cni/bin", "--cni-type", "mine"], {});
  assert.equal(plugin, { source: "dist/autopool-cni", folder: "/opt/cni/bin", type: "mine" });
});

config("refuses what it cannot do, all at once", () => {
  try {
    readAgentConfig(["--enable-ip-conflict-detection", "true", "--cluster-network", "macvlan"], {
      AUTOPOOL_ENABLE_GATEWAY_DETECTION: "true",
    });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ConfigError);
    const text = (error as Error).message;
    for (const part of ["node-name", "--enable-ip-conflict-detection", "GATEWAY_DETECTION", "NAMESPACE/NAME"]) {
      assert.ok(text.includes(part), part);
    }
  }
});

config.run();
