/**
 * A machine's literal as plain JSON: guards and actions by name, every event and transition a list, nothing that is a function.
 *
 * It is what XState's own tools take (`createMachine`, Stately's import) and what every picture of ours is made from. It reads
 * the literal only, never XState's classes, and refuses what a picture could not show truly: a function without a name, a
 * timer, an invoked actor.
 * @module
 */

/** A guard or an action, by name. */
export interface Named {
  readonly type: string;
}

export interface PlainTransition {
  readonly guard?: Named;
  /** As in the literal: `#machine.path`, a sibling's name, or `.child`. Absent where the state is not left. */
  readonly target?: string;
  readonly actions?: readonly Named[];
}

export interface PlainState {
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly type?: "final";
  readonly initial?: string;
  readonly entry?: readonly Named[];
  readonly exit?: readonly Named[];
  readonly always?: readonly PlainTransition[];
  readonly on?: Readonly<Record<string, readonly PlainTransition[]>>;
  readonly states?: Readonly<Record<string, PlainState>>;
}

export interface PlainMachine extends PlainState {
  readonly id: string;
}

/** What may stand in the literal of a machine that is drawn; all else that it has changes what the machine does. */
const KNOWN = ["id", "description", "tags", "type", "initial", "entry", "exit", "always", "on", "states"];
/** Needed to run a machine, not to see it. */
const RUNNING = ["context", "types", "schemas", "version"];
const KNOWN_OF_TRANSITION = ["guard", "target", "actions", "description"];

type Literal = Readonly<Record<string, unknown>>;

/**
 * Returns the plain form of a machine's literal (`machine.config`).
 * @throws {TypeError} If it has something that cannot be said in JSON, with its place.
 */
export function plainMachine(config: object): PlainMachine {
  const { id } = config as Literal;
  if (typeof id !== "string") throw new TypeError("Cannot draw a machine without an id");
  const { context: _context, types: _types, ...literal } = config as Literal;
  return { id, ...plainState(literal, id) };
}

function plainState(literal: Literal, place: string): PlainState {
  allow(literal, [...KNOWN, ...RUNNING], place);
  const { description, tags, type, initial, entry, exit, always, on, states } = literal;
  if (type !== undefined && type !== "final")
    throw new TypeError(`Cannot draw ${place}: its type is "${String(type)}"`);
  return {
    ...(typeof description === "string" ? { description } : {}),
    ...(tags === undefined ? {} : { tags: listOf(tags).map(String) }),
    ...(type === undefined ? {} : { type }),
    ...(initial === undefined ? {} : { initial: String(initial) }),
    ...(entry === undefined ? {} : { entry: namesOf(entry, `${place}, entry`) }),
    ...(exit === undefined ? {} : { exit: namesOf(exit, `${place}, exit`) }),
    ...(always === undefined ? {} : { always: transitionsOf(always, `${place}, always`) }),
    ...(on === undefined
      ? {}
      : { on: mapValues(on as Literal, (value, name) => transitionsOf(value, `${place}, ${name}`)) }),
    ...(states === undefined
      ? {}
      : { states: mapValues(states as Literal, (value, name) => plainState(value as Literal, `${place}.${name}`)) }),
  };
}

function transitionsOf(value: unknown, place: string): PlainTransition[] {
  return listOf(value).map((transition) => {
    if (typeof transition === "string") return { target: transition };
    allow(transition as Literal, KNOWN_OF_TRANSITION, place);
    const { guard, target, actions } = transition as Literal;
    if (target !== undefined && typeof target !== "string")
      throw new TypeError(`Cannot draw ${place}: it has several targets`);
    return {
      ...(guard === undefined ? {} : { guard: named(guard, `${place}, guard`) }),
      ...(target === undefined ? {} : { target }),
      ...(actions === undefined ? {} : { actions: namesOf(actions, `${place}, actions`) }),
    };
  });
}

function namesOf(value: unknown, place: string): Named[] {
  return listOf(value).map((item) => named(item, place));
}

/** Parameters are computed when a machine runs, so that only the name remains. */
function named(value: unknown, place: string): Named {
  if (typeof value === "string") return { type: value };
  if (typeof value === "object" && value !== null && typeof (value as Literal)["type"] === "string") {
    return { type: (value as Named).type };
  }
  throw new TypeError(`Cannot draw ${place}: a function has no name there; name it in setup()`);
}

function allow(literal: Literal, known: readonly string[], place: string): void {
  const unknown = Object.keys(literal).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new TypeError(`Cannot draw ${place}: "${unknown}" is not drawn`);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const mapValues = <T>(record: Literal, change: (value: unknown, name: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
