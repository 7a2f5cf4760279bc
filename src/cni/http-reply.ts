/**
 * One HTTP/1.1 message pair as text: the request that the plugin sends, and the reply that it has read to the end.
 *
 * Node's own client would do, and takes ten milliseconds of every ADD to load and to warm up. What is needed of the protocol is
 * little: one request per connection, and a reply with a length, in chunks, or up to the end (RFC 9112 §6). Pure.
 * @module
 */

/** What the agent replied. */
export interface Reply {
  readonly status: number;
  /** The value of the JSON body; undefined where it is empty. */
  readonly body: unknown;
}

export type Method = "GET" | "POST" | "DELETE";

/** Formats a request after which the server closes the connection. */
export function formatRequest(method: Method, path: string, body: unknown): string {
  const text = body === undefined ? "" : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: close",
    "Accept: application/json",
    ...(text === "" ? [] : ["Content-Type: application/json", `Content-Length: ${Buffer.byteLength(text)}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${text}`;
}

/**
 * Parses all that came until the connection's end.
 * @throws {SyntaxError} If that is no complete reply, or the body of a success is not JSON.
 */
export function parseReply(bytes: Buffer): Reply {
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.subarray(0, Math.max(end, 0)).toString("latin1").split("\r\n");
  const [, digits] = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first) ?? [];
  if (digits === undefined) throw refusal("it is no HTTP reply", bytes);
  const headers = new Map(
    lines
      .map((line) => /^([^:]+):\s*(.*?)\s*$/.exec(line) ?? [])
      .map(([, name, value]) => [name?.toLowerCase(), value]),
  );
  const status = Number(digits);
  const text = bodyOf(bytes.subarray(end + 4), headers)
    .toString()
    .trim();
  if (text === "") return { status, body: undefined };
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    // A refusal may come from something in between; a success must be what we asked for.
    if (status !== 200) return { status, body: text };
    throw refusal("it is not JSON", Buffer.from(text));
  }
}

function bodyOf(rest: Buffer, headers: ReadonlyMap<string | undefined, string | undefined>): Buffer {
  if (headers.get("transfer-encoding")?.toLowerCase() === "chunked") return joinChunks(rest);
  const length = headers.get("content-length");
  if (length === undefined) return rest;
  if (rest.length < Number(length)) throw refusal(`it ends after ${rest.length} of ${length} bytes`, rest);
  return rest.subarray(0, Number(length));
}

function joinChunks(rest: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let position = 0; ; ) {
    const end = rest.indexOf("\r\n", position);
    const [, digits] =
      /^([0-9a-f]+)(?:;|$)/i.exec(rest.subarray(position, Math.max(end, position)).toString("latin1")) ?? [];
    const size = Number.parseInt(digits ?? "", 16);
    if (Number.isNaN(size) || end + 2 + size > rest.length) throw refusal("a chunk of it is missing", rest);
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(end + 2, end + 2 + size));
    position = end + 2 + size + 2;
  }
}

function refusal(reason: string, bytes: Buffer): SyntaxError {
  return new SyntaxError(
    `Cannot read the agent's reply: ${reason}: ${JSON.stringify(bytes.subarray(0, 200).toString())}`,
  );
}
