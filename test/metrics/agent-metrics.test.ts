/** What an agent tells of the plugin's requests, by our names and the reference's. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { IpamService } from "../../src/agent/ipam-service.ts";
import { AgentMetrics } from "../../src/agent-metrics.ts";
import { ApiError, UnknownOutcome } from "../../src/cluster/cluster.ts";
import { createVirtualClock } from "../../src/cluster/memory/virtual-clock.ts";
import { IpamError } from "../../src/ipam/candidate.ts";
import { outcomeOf } from "../../src/metrics/request-outcome.ts";

const agent = suite("an agent's metrics");

const never = new AbortController().signal;
const args = {
  containerID: "c",
  ifName: "eth0",
  netNamespace: "n",
  podNamespace: "default",
  podName: "p",
  podUID: "u",
};

/** Serves ADDs as told, each a second long. */
function scene(answers: (Error | undefined)[]) {
  const clock = createVirtualClock();
  const metrics = new AgentMetrics(clock, clock);
  const service: IpamService = {
    async add() {
      await new Promise<void>((resolve) => clock.after(1000, resolve));
      const answer = answers.shift();
      if (answer) throw answer;
      return { dns: {}, ips: [], routes: [] } as never;
    },
    del: async () => {},
    batchDel: async () => "done",
    endpoint: async () => undefined,
  };
  const measured = metrics.measured(service);
  const told = async (): Promise<string[]> => {
    const lines = (await metrics.metrics()).split("\n");
    return lines.filter((line) => line !== "" && !line.startsWith("#") && !line.includes("_bucket"));
  };
  return { clock, metrics, measured, told };
}

agent("count requests by how they ended, and how long they took", async () => {
  const full = new IpamError("failed to allocate any IPv4 IP address: all IP addresses used out");
  const { clock, metrics, measured, told } = scene([undefined, full]);
  for (let i = 0; i < 2; i += 1) {
    const asked = measured.add(args, never).catch(() => {});
    await clock.advance(1000);
    await asked;
  }
  await measured.del(args, never);
  metrics.released(3);
  metrics.waited("WaitingForPool");
  metrics.onRequest({ verb: "patch", plural: "spiderippools", subresource: "status", code: 409, milliseconds: 2 });

  const lines = await told();

  for (const line of [
    'autopool_agent_requests_total{operation="add",outcome="ok"} 1',
    'autopool_agent_requests_total{operation="add",outcome="used_out"} 1',
    'autopool_agent_requests_total{operation="del",outcome="ok"} 1',
    'autopool_agent_request_duration_seconds_sum{operation="add"} 2',
    "autopool_agent_released_addresses_total 3",
    'autopool_agent_pool_waits_total{reason="WaitingForPool"} 1',
    "spiderpool_ipam_allocation_counts_total 2",
    "spiderpool_ipam_allocation_failure_counts_total 1",
    "spiderpool_ipam_allocation_err_ip_used_out_counts_total 1",
    "spiderpool_ipam_allocation_err_internal_counts_total 0",
    "spiderpool_ipam_allocation_update_ippool_conflict_counts_total 1",
    "spiderpool_ipam_allocation_average_duration_seconds 1",
    "spiderpool_ipam_allocation_latest_duration_seconds 1",
    "spiderpool_ipam_release_counts_total 1",
    "spiderpool_debug_auto_pool_waited_for_available_counts_total 1",
  ])
    assert.ok(lines.includes(line), `${line} is not in\n${lines.join("\n")}`);
  metrics.stop();
});

agent("answer with what the service answers", async () => {
  const error = new IpamError("no");
  const { clock, metrics, measured } = scene([error]);
  const asked = measured.add(args, never).catch((thrown: unknown) => thrown);
  await clock.advance(1000);

  assert.is(await asked, error);
  assert.is(await measured.batchDel(args, never), "done");
  metrics.stop();
});

agent("have a word for every way to fail", () => {
  const gone = AbortSignal.abort();
  const words = [
    outcomeOf(new IpamError("exhaust all retries (5 times), failed to allocate IP from IPPool p")),
    outcomeOf(new IpamError("no IPPool available, all filtered out")),
    outcomeOf(new IpamError("wrong input, duplicate IPPool")),
    outcomeOf(new ApiError(500, "InternalError", "etcd")),
    outcomeOf(new UnknownOutcome("no answer")),
    outcomeOf(new TypeError("undefined is not a function")),
    outcomeOf(new IpamError("wrong input"), gone),
  ];
  assert.equal(words, ["retries", "no_pool", "refused", "api_error", "api_error", "internal", "client_gone"]);
});

agent.run();
