/**
 * What a request's body must look like, and how it is refused: the reference's API description and its framework's words
 * (ipam §5.3).
 *
 * "Required" means present and not null: old runtimes send an empty UID, and the empty string passes. Members that nobody knows are
 * ignored. Pure.
 * @module
 */

import type { AddArgs, BatchDelArgs, DelArgs } from "../api/agent-protocol.ts";

/** A request that does not fit; the status is HTTP's, the code the framework's. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Codes of go-openapi's errors that stand in the body of a 422. */
const CODE = { type: 601, required: 602 } as const;

type Kind = "string" | "boolean" | "strings";
/** A name with `!` is required. */
type Shape = Readonly<Record<string, Kind>>;

const POD = {
  "containerID!": "string",
  "podNamespace!": "string",
  "podName!": "string",
  "podUID!": "string",
} as const satisfies Shape;

const ADD = {
  ...POD,
  "ifName!": "string",
  "netNamespace!": "string",
  defaultIPv4IPPool: "strings",
  defaultIPv6IPPool: "strings",
  cleanGateway: "boolean",
  matchMasterSubnet: "boolean",
} as const satisfies Shape;

const DELETE = { ...POD, "ifName!": "string", netNamespace: "string" } as const satisfies Shape;

const BATCH_DELETE = { ...POD, netNamespace: "string", isReleaseConflictIPs: "boolean" } as const satisfies Shape;

/**
 * Reads the body of `POST /ipam/ip`.
 * @throws {InvalidRequest} If it does not fit.
 */
export function parseAddArgs(text: string): AddArgs {
  return parse(text, ADD, "ipam-add-args") as unknown as AddArgs;
}

/**
 * Reads the body of `DELETE /ipam/ip`.
 * @throws {InvalidRequest} If it does not fit.
 */
export function parseDelArgs(text: string): DelArgs {
  return parse(text, DELETE, "ipam-del-args") as unknown as DelArgs;
}

/**
 * Reads the body of `DELETE /ipam/ips`.
 * @throws {InvalidRequest} If it does not fit.
 */
export function parseBatchDelArgs(text: string): BatchDelArgs {
  return parse(text, BATCH_DELETE, "ipam-batch-del-args") as unknown as BatchDelArgs;
}

/**
 * Reads the query of `GET /workloadendpoint`.
 * @throws {InvalidRequest} If one of the two is missing.
 */
export function parsePodQuery(query: URLSearchParams): { podNamespace: string; podName: string } {
  const read = (name: string): string => query.get(name) ?? "";
  const mistakes = ["podNamespace", "podName"]
    .filter((name) => read(name) === "")
    .map((name) => ({ code: CODE.required, message: `${name} in query is required` }));
  refuse(mistakes);
  return { podNamespace: read("podNamespace"), podName: read("podName") };
}

interface Mistake {
  readonly code: number;
  readonly message: string;
}

function parse(text: string, shape: Shape, name: string): Record<string, unknown> {
  if (text.trim() === "") throw new InvalidRequest(422, CODE.required, `${name} in body is required`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidRequest(400, 400, `parsing ${name} body failed, because ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidRequest(422, CODE.type, `${name} in body must be of type object`);
  }
  const mistakes: Mistake[] = [];
  const members: Record<string, unknown> = {};
  for (const [key, kind] of Object.entries(shape)) {
    const member = key.replace("!", "");
    const given = (value as Record<string, unknown>)[member] ?? undefined;
    if (given === undefined) {
      if (key.endsWith("!")) mistakes.push({ code: CODE.required, message: `${member} in body is required` });
    } else if (isOf(kind, given)) members[member] = given;
    else {
      const message = `${member} in body must be of type ${kind === "strings" ? "array of string" : kind}`;
      mistakes.push({ code: CODE.type, message: `${message}: ${JSON.stringify(given)}` });
    }
  }
  refuse(mistakes);
  return members;
}

function isOf(kind: Kind, value: unknown): boolean {
  if (kind !== "strings") return typeof value === kind;
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function refuse(mistakes: readonly Mistake[]): void {
  const [first, ...others] = mistakes;
  if (first === undefined) return;
  if (others.length === 0) throw new InvalidRequest(422, first.code, first.message);
  const lines = ["validation failure list:", ...mistakes.map(({ message }) => message)];
  throw new InvalidRequest(422, CODE.required, lines.join("\n"));
}
