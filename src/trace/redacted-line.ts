/**
 * The lines of a trace with other names in them, one by one. Pure.
 * @module
 */

import type { PoolEvent, Refusal } from "../../machines/events.ts";
import type { Operation } from "../../machines/operations.ts";
import type { Application } from "../api/application.ts";
import { kindOf, redactedObject } from "./redacted-object.ts";
import { applicationKey, lifeKey } from "./redacted-text.ts";
import type { Names } from "./renaming.ts";
import type { MachineLine, TraceLine } from "./trace-line.ts";

/** Returns the line, which says the same of other names. */
export function redactedLine(line: TraceLine, names: Names): TraceLine {
  switch (line.line) {
    case "header":
      return { ...line, redacted: true };
    case "seen":
      return {
        ...line,
        key: objectKey(line.of, line.key, names),
        uid: names.name("uid", line.uid),
        object: redactedObject(line.of, line.object, names),
      };
    case "answered":
      return { ...line, key: objectKey(line.of, line.key, names) };
    case "looked":
      return { ...line, application: applicationKey(line.application, names) };
    case "told":
      return { ...line, key: lifeKey(line.key, names), event: redactedEvent(line.event, names) };
    case "step":
      return {
        ...line,
        key: lifeKey(line.key, names),
        event: redactedEvent(line.event, names),
        operations: line.operations.map((operation) => redactedOperation(operation, names)),
      };
    case "complaint":
      return { ...line, text: names.words(line.text), regarding: redactedApplication(line.regarding, names) };
    case "machine":
      return redactedMachine(line, names);
    case "resumed":
      return { ...line, due: line.due.map((application) => applicationKey(application, names)) };
    default:
      return line;
  }
}

function redactedMachine(line: MachineLine, names: Names): MachineLine {
  const { workload, pool, refusal } = line.facts;
  return {
    ...line,
    key: lifeKey(line.key, names),
    application: applicationKey(line.application, names),
    subnet: names.name("subnet", line.subnet),
    facts: {
      ...line.facts,
      ...(typeof workload === "object" && { workload: { ...workload, uid: names.name("uid", workload.uid) } }),
      ...(typeof pool === "object" && {
        pool: { ...pool, uid: names.name("uid", pool.uid), owner: names.name("uid", pool.owner) },
      }),
      ...(refusal && { refusal: redactedRefusal(refusal, names) }),
    },
    ...(line.wanted && {
      wanted: {
        ...line.wanted,
        application: redactedApplication(line.wanted.application, names),
        subnet: names.name("subnet", line.wanted.subnet),
      },
    }),
  };
}

function redactedEvent(event: PoolEvent, names: Names): PoolEvent {
  switch (event.type) {
    case "workload.observed":
      return { ...event, uid: names.name("uid", event.uid) };
    case "pool.observed":
      return { ...event, uid: names.name("uid", event.uid), owner: names.name("uid", event.owner) };
    case "operation.refused":
      return { ...event, ...redactedRefusal(event, names) };
    default:
      return event;
  }
}

function redactedOperation(operation: Operation, names: Names): Operation {
  if (operation.kind === "removePool") return { ...operation, uid: names.name("uid", operation.uid) };
  return operation.kind === "notify" ? { ...operation, ...redactedRefusal(operation, names) } : operation;
}

/** The words of an API server or webhook are anybody's. */
function redactedRefusal({ reason, message }: Refusal, names: Names): Refusal {
  return { reason, message: reason === "Refused" ? "(redacted)" : names.words(message) };
}

function redactedApplication(application: Application, names: Names): Application {
  return {
    ...application,
    namespace: names.name("namespace", application.namespace),
    name: names.name(application.kind === "Pod" ? "pod" : "app", application.name),
    uid: names.name("uid", application.uid),
  };
}

/** `namespace/name`; Events have a name that is made of others'. */
function objectKey(of: string, key: string, names: Names): string {
  const slash = key.indexOf("/");
  const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
  return `${names.name("namespace", namespace)}/${of === "events" ? "event" : names.name(kindOf(of), name)}`;
}
