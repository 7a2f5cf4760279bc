/**
 * The lines of a trace: what the deciding part of the operator was told, and what it then decided.
 *
 * The format of `docs/traces.md`, version 1: one JSON object per line, of which `line` says the kind and `t` the time in
 * milliseconds since the process began to record. A header begins the trace of one process, so a file may hold several. Lines that
 * go in are enough to compute those that come out again; `answered` is for people only. Pure.
 * @module
 */

import type { Facts, PoolEvent } from "../../machines/events.ts";
import type { Operation } from "../../machines/operations.ts";
import type { Resource } from "../cluster/cluster.ts";
import type { Complaint } from "../observe/demand.ts";
import type { Life } from "../observe/pool-life.ts";

/** What a file of ours says in its first line. */
export const TRACE_FORMAT = "autopool-trace";
/** Raised when a reader of an older version would misread a trace. */
export const TRACE_VERSION = 1;

/** Begins the trace of a process, or goes on with one at a checkpoint. */
export interface HeaderLine {
  readonly line: "header";
  readonly t: number;
  readonly format: typeof TRACE_FORMAT;
  readonly version: typeof TRACE_VERSION;
  /** RFC 3339: the time that every `t` of the process counts from. */
  readonly at: string;
  /** Version of autopool that wrote it. */
  readonly autopool: string;
  /** What decisions depend on besides all that is told later. */
  readonly settings: {
    /** As in `ippool-ip-number`: `5` or `+5`. */
    readonly defaultNumber: string;
    readonly families: readonly (4 | 6)[];
  };
  /** `checkpoint`: what follows first, up to `resumed`, is what was known at that moment. */
  readonly begins: "start" | "checkpoint";
  /** Names and addresses are not the original ones. */
  readonly redacted?: true;
}

/** In: a resource is watched from now on. */
export interface WatchingLine {
  readonly line: "watching";
  readonly t: number;
  readonly resource: Resource;
}

/** In: an object has come, changed or gone. */
export interface SeenLine {
  readonly line: "seen";
  readonly t: number;
  /** `plural.group`, without the dot for the core group. */
  readonly of: string;
  /** `namespace/name`, `/name` outside of namespaces. */
  readonly key: string;
  readonly uid: string;
  readonly type: "added" | "modified" | "deleted";
  /** The object as the cache keeps it, which of workloads and pods is a little; for a deletion its last state. */
  readonly object: object;
  /** It was the answer to a write of our own, before any watch told it. */
  readonly learned?: true;
}

/** In: every object of a resource has been seen once. */
export interface SyncedLine {
  readonly line: "synced";
  readonly t: number;
  readonly of: string;
}

/** In: every cache is filled; from now on machines are told what there is. */
export interface OpenedLine {
  readonly line: "opened";
  readonly t: number;
}

/** In: the moment at which an application was looked at, whose machines are told what is new. */
export interface LookedLine {
  readonly line: "looked";
  readonly t: number;
  /** `namespace/kind.group/name`. */
  readonly application: string;
}

/** In: what the acting part told a machine, which no watch shows. */
export interface ToldLine {
  readonly line: "told";
  readonly t: number;
  readonly key: string;
  readonly event: PoolEvent;
}

/** Neither: an answer of the API server to a write. */
export interface AnsweredLine {
  readonly line: "answered";
  readonly t: number;
  readonly verb: string;
  readonly of: string;
  readonly key: string;
  /** HTTP status; 0 where no answer came. */
  readonly code: number;
  /** Milliseconds that it took. */
  readonly ms: number;
}

/** Out: a machine took a step. */
export interface StepLine {
  readonly line: "step";
  readonly t: number;
  /** Key of the machine, see docs/lifecycle.md. */
  readonly key: string;
  readonly event: PoolEvent;
  /** States with their substates, e.g. `created.pinned`. */
  readonly from: string;
  readonly to: string;
  readonly operations: readonly Operation[];
  /** Reason for which its operations cannot be done, as far as it knows then. */
  readonly refusal?: string;
}

/** Out: people are told what is wrong with an application's annotations. */
export interface ComplaintLine extends Complaint {
  readonly line: "complaint";
  readonly t: number;
}

/** Of a checkpoint: a machine, and what it knew. */
export interface MachineLine {
  readonly line: "machine";
  readonly t: number;
  readonly key: string;
  readonly application: string;
  readonly native: boolean;
  readonly subnet: string;
  readonly state: string;
  readonly facts: Partial<Facts>;
  /** What its application wanted when it was looked at last; absent where it did not, or that was unknown. */
  readonly wanted?: NonNullable<Life["wanted"]>;
}

/** Ends a checkpoint. */
export interface ResumedLine {
  readonly line: "resumed";
  readonly t: number;
  /** Applications that were still to be looked at, in this order. */
  readonly due: readonly string[];
}

/** What goes in while an operator runs. */
export type InputLine = WatchingLine | SeenLine | SyncedLine | OpenedLine | LookedLine | ToldLine;
/** What comes out. */
export type OutputLine = StepLine | ComplaintLine;
/** Any line. */
export type TraceLine = HeaderLine | InputLine | OutputLine | AnsweredLine | MachineLine | ResumedLine;

/** Tells whether a line is one that the replay computes again. */
export function isOutput(line: TraceLine): line is OutputLine {
  return line.line === "step" || line.line === "complaint";
}

/** Returns how traces name a resource: `plural.group`, or only the plural for the core group. */
export function resourceName({ plural, group }: Pick<Resource, "plural" | "group">): string {
  return group === "" ? plural : `${plural}.${group}`;
}
