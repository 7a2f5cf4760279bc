/**
 * When each alert must fire and when it must not, as promtool's unit tests (`promtool test rules`).
 * @module
 */

import { alertRules } from "./monitoring.ts";

/** Series in promtool's notation: name with labels → values. */
type Series = Readonly<Record<string, string>>;

interface Case {
  readonly alert: string;
  /** All is well: nothing fires at the same time. */
  readonly well: Series;
  /** One thing is wrong. */
  readonly ill: Series;
  /** Labels of the alert that fires, beside its severity. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Late enough for whatever takes an hour. */
const AT = "110m";
const operator = '{job="autopool", instance="a"}';
const of = (labels: string): string => `{job="autopool", instance="a", ${labels}}`;
const agentOf = (labels: string): string => `{job="autopool-agent", instance="n", ${labels}}`;

export const cases: readonly Case[] = [
  {
    alert: "AutopoolDown",
    well: { [`autopool_build_info${of('component="operator"')}`]: "1x120" },
    ill: { [`autopool_build_info${agentOf('component="agent"')}`]: "1x120" },
    labels: { component: "operator" },
  },
  {
    alert: "AutopoolNoLeader",
    well: { [`autopool_leader${operator}`]: "0x120", 'autopool_leader{job="autopool", instance="b"}': "1x120" },
    ill: { [`autopool_leader${operator}`]: "0x120", 'autopool_leader{job="autopool", instance="b"}': "0x120" },
    labels: {},
  },
  {
    alert: "AutopoolTwoLeaders",
    well: { [`autopool_leader${operator}`]: "1x120", 'autopool_leader{job="autopool", instance="b"}': "0x120" },
    ill: { [`autopool_leader${operator}`]: "1x120", 'autopool_leader{job="autopool", instance="b"}': "1x120" },
    labels: {},
  },
  {
    alert: "AutopoolRestarting",
    well: { [`process_start_time_seconds${operator}`]: "7x120" },
    ill: { [`process_start_time_seconds${operator}`]: "1+10x120" },
    labels: { job: "autopool", instance: "a" },
  },
  {
    alert: "AutopoolNotSynced",
    well: { [`autopool_watch_synced${of('resource="pods"')}`]: "0x5 1x120" },
    ill: { [`autopool_watch_synced${of('resource="pods"')}`]: "0x120" },
    labels: { job: "autopool", instance: "a", resource: "pods" },
  },
  {
    alert: "AutopoolWatchStale",
    well: { [`autopool_watch_age_seconds${of('resource="pods"')}`]: "60x120" },
    ill: { [`autopool_watch_age_seconds${of('resource="pods"')}`]: "0+60x120" },
    labels: { job: "autopool", instance: "a", resource: "pods" },
  },
  {
    alert: "AutopoolForbidden",
    well: { [`autopool_api_requests_total${of('verb="list", resource="pods", code="200"')}`]: "0+10x120" },
    ill: { [`autopool_api_requests_total${of('verb="list", resource="pods", code="403"')}`]: "0+10x120" },
    labels: { job: "autopool", verb: "list", resource: "pods" },
  },
  {
    alert: "AutopoolApiErrors",
    well: {
      [`autopool_api_requests_total${of('verb="get", resource="pods", code="200"')}`]: "0+100x120",
      [`autopool_api_requests_total${of('verb="get", resource="pods", code="500"')}`]: "0+5x120",
    },
    ill: {
      [`autopool_api_requests_total${of('verb="get", resource="pods", code="200"')}`]: "0+100x120",
      [`autopool_api_requests_total${of('verb="get", resource="pods", code="none"')}`]: "0+50x120",
    },
    labels: { job: "autopool" },
  },
  {
    alert: "AutopoolThrottled",
    well: { [`autopool_api_requests_total${of('verb="patch", resource="pods", code="429"')}`]: "0+1x120" },
    ill: {
      [`autopool_api_requests_total${of('verb="patch", resource="pods", code="429"')}`]: "0+60x120",
      [`autopool_api_requests_total${of('verb="patch", resource="pods", code="200"')}`]: "0+60x120",
    },
    labels: { job: "autopool" },
  },
  {
    alert: "AutopoolQueueSlow",
    well: buckets("autopool_queue_wait_seconds", operator, "0.1"),
    ill: buckets("autopool_queue_wait_seconds", operator, "30", "10"),
    labels: {},
  },
  {
    alert: "AutopoolQueueFailing",
    well: { [`autopool_queue_keys${of('phase="backing_off"')}`]: "3x10 0x5 2x10 0x90" },
    ill: { [`autopool_queue_keys${of('phase="backing_off"')}`]: "3x120" },
    labels: {},
  },
  {
    alert: "AutopoolLoopLag",
    well: buckets("autopool_event_loop_lag_seconds", operator, "0.05"),
    ill: buckets("autopool_event_loop_lag_seconds", operator, "2.5", "1"),
    labels: { job: "autopool", instance: "a" },
  },
  {
    alert: "AutopoolPoolsRefused",
    well: { [`autopool_refused_pools${of('reason="ShrinkBlocked"')}`]: "3x120" },
    ill: { [`autopool_refused_pools${of('reason="SubnetNotFound"')}`]: "3x120" },
    labels: { reason: "SubnetNotFound" },
  },
  {
    alert: "AutopoolSubnetNearlyFull",
    well: subnet(100, 50),
    ill: subnet(100, 5),
    labels: { subnet: "s" },
  },
  {
    alert: "AutopoolSubnetFull",
    well: subnet(100, 5),
    ill: subnet(100, 0),
    labels: { subnet: "s" },
  },
  {
    alert: "AutopoolLeaks",
    well: { [`autopool_freed_addresses_total${of('reason="owner-gone"')}`]: "0+10x120" },
    ill: { [`autopool_freed_addresses_total${of('reason="pod-gone"')}`]: "0+10x120" },
    labels: {},
  },
  {
    alert: "AutopoolCertificateExpiring",
    well: { [`autopool_admission_certificate_expiry_seconds${operator}`]: `${30 * 86_400}x120` },
    ill: { [`autopool_admission_certificate_expiry_seconds${operator}`]: `${7 * 86_400}x120` },
    labels: { instance: "a" },
  },
  {
    alert: "AutopoolAdmissionSlow",
    well: buckets("autopool_admission_duration_seconds", of('kind="SpiderSubnet", webhook="validate"'), "0.1"),
    ill: buckets("autopool_admission_duration_seconds", of('kind="SpiderSubnet", webhook="validate"'), "5", "2.5"),
    labels: {},
  },
  {
    alert: "AutopoolAgentDown",
    well: { 'up{job="autopool-agent", instance="n"}': "1x120", 'up{job="other", instance="n"}': "0x120" },
    ill: { 'up{job="autopool-agent", instance="n"}': "0x120" },
    labels: { job: "autopool-agent", instance: "n" },
  },
  {
    alert: "AutopoolAllocationsFailing",
    well: {
      [`autopool_agent_requests_total${agentOf('operation="add", outcome="ok"')}`]: "0+10x120",
      [`autopool_agent_requests_total${agentOf('operation="add", outcome="no_pool"')}`]: "0+1x120",
      [`autopool_agent_requests_total${agentOf('operation="del", outcome="api_error"')}`]: "0+100x120",
    },
    ill: {
      [`autopool_agent_requests_total${agentOf('operation="add", outcome="ok"')}`]: "0+10x120",
      [`autopool_agent_requests_total${agentOf('operation="add", outcome="used_out"')}`]: "0+10x120",
    },
    labels: { outcome: "used_out" },
  },
  {
    alert: "AutopoolAllocationsSlow",
    well: buckets("autopool_agent_request_duration_seconds", agentOf('operation="add"'), "0.1"),
    ill: buckets("autopool_agent_request_duration_seconds", agentOf('operation="add"'), "30", "10"),
    labels: {},
  },
];

/** A histogram that all values fall into the bucket up to `le` of, none into the one below. */
function buckets(name: string, labels: string, le: string, below = "0.001"): Series {
  const bucket = (bound: string): string => `${name}_bucket${labels.replace("}", `, le="${bound}"}`)}`;
  return { [bucket(below)]: "0x120", [bucket(le)]: "0+60x120", [bucket("+Inf")]: "0+60x120" };
}

function subnet(total: number, free: number): Series {
  return {
    [`autopool_subnet_addresses${of('subnet="s"')}`]: `${total}x120`,
    [`autopool_subnet_free_addresses${of('subnet="s"')}`]: `${free}x120`,
  };
}

/** Returns promtool's file of tests for the rules in `ruleFile`. */
export function promtoolTests(ruleFile: string): object {
  return {
    rule_files: [ruleFile],
    evaluation_interval: "1m",
    tests: cases.flatMap(({ alert, well, ill, labels }) => {
      const rule = alertRules().find((candidate) => candidate.alert === alert);
      const expected = { exp_labels: { severity: rule?.labels.severity, ...labels } };
      return [
        { name: `${alert}: all is well`, interval: "1m", input_series: inputs(well), ...expecting(alert, []) },
        { name: `${alert}: it is not`, interval: "1m", input_series: inputs(ill), ...expecting(alert, [expected]) },
      ];
    }),
  };
}

function inputs(series: Series): object[] {
  return Object.entries(series).map(([name, values]) => ({ series: name, values }));
}

function expecting(alertname: string, alerts: readonly object[]): object {
  return { alert_rule_test: [{ eval_time: AT, alertname, exp_alerts: alerts }] };
}
