/**
 * From a method and a path to an answer: the paths, codes and texts of the socket's API (ipam §5.3).
 * @module
 */

import { AGENT_PATH } from "../api/agent-protocol.ts";
import { InvalidRequest, parseAddArgs, parseBatchDelArgs, parseDelArgs, parsePodQuery } from "./arguments.ts";
import type { IpamService } from "./ipam-service.ts";

/** A request whose body has been read. */
export interface AgentRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

export interface AgentReply {
  readonly status: number;
  /** Written as JSON; an error is a bare string. Absent where the body is empty. */
  readonly body?: unknown;
  /** Methods that a path knows, where the request's is none of them. */
  readonly allow?: readonly string[];
}

type Route = (service: IpamService, request: AgentRequest) => Promise<AgentReply>;

const done: AgentReply = { status: 200 };

const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  [AGENT_PATH.healthy]: { GET: async () => done },
  [AGENT_PATH.ip]: {
    POST: async (service, { body, signal }) => ({ status: 200, body: await service.add(parseAddArgs(body), signal) }),
    DELETE: async (service, { body, signal }) => {
      await service.del(parseDelArgs(body), signal);
      return done;
    },
  },
  [AGENT_PATH.ips]: {
    // It does nothing in the reference either.
    POST: async () => done,
    DELETE: releaseAll,
  },
  [AGENT_PATH.endpoint]: { GET: readEndpoint },
  [AGENT_PATH.coordinator]: {
    GET: async () => ({ status: 500, body: "Cannot read the coordinator's configuration: autopool does not serve it" }),
  },
};

/** Answers a request; what the service throws is a 500, what does not fit the API is a 4xx. */
export async function answer(service: IpamService, request: AgentRequest): Promise<AgentReply> {
  const { method, path } = request;
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods === undefined) return unknownPath(path);
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (route === undefined) {
    const allow = Object.keys(methods);
    return { allow, ...refusal(405, 405, `method ${method} is not allowed, but [${allow.join(",")}] are`) };
  }
  try {
    return await route(service, request);
  } catch (error) {
    if (error instanceof InvalidRequest) return refusal(error.status, error.code, error.message);
    return { status: 500, body: error instanceof Error ? error.message : String(error) };
  }
}

/** Returns a reply in the framework's form. */
export function refusal(status: number, code: number, message: string): AgentReply {
  return { status, body: { code, message } };
}

async function releaseAll(service: IpamService, { body, signal }: AgentRequest): Promise<AgentReply> {
  switch (await service.batchDel(parseBatchDelArgs(body), signal)) {
    case "done":
      return done;
    case "stateless-forbidden":
      return { status: 521, body: "forbid releasing IPs for stateless workload" };
    case "stateful-forbidden":
      return { status: 522, body: "forbid releasing IPs for stateful workload" };
  }
}

async function readEndpoint(service: IpamService, { query }: AgentRequest): Promise<AgentReply> {
  const { podNamespace, podName } = parsePodQuery(query);
  const body = await service.endpoint(podNamespace, podName);
  if (body !== undefined) return { status: 200, body };
  return { status: 404, body: `SpiderEndpoint not found for pod ${podNamespace}/${podName}` };
}

function unknownPath(path: string): AgentReply {
  if (path.startsWith("/v1/runtime/")) return refusal(501, 501, `operation ${path} is served on the HTTP port only`);
  return refusal(404, 404, `path ${path} was not found`);
}
