/** What the plugin sends and reads as HTTP/1.1. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatRequest, parseReply } from "../../src/cni/http-reply.ts";

const http = suite("CNI plugin: HTTP");
const parse = (text: string) => parseReply(Buffer.from(text));

http("has a request with a body of so many bytes", () => {
  assert.is(
    formatRequest("DELETE", "/v1/ipam/ip", { podName: "ü" }),
    "DELETE /v1/ipam/ip HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json\r\n" +
      'Content-Type: application/json\r\nContent-Length: 16\r\n\r\n{"podName":"ü"}',
  );
});

http("has a request without a body", () => {
  assert.not.match(formatRequest("GET", "/v1/ipam/healthy", undefined), /Content/);
});

const replies: [what: string, text: string, status: number, body: unknown][] = [
  ["with a length", 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"ips":1}', 200, { ips: 1 }],
  ["with more than its length", "HTTP/1.1 200 OK\r\ncontent-length:1\r\n\r\n12", 200, 1],
  ["up to the end", 'HTTP/1.0 500 Internal Server Error\r\n\r\n"used out"\n', 500, "used out"],
  ["without a reason phrase", "HTTP/1.1 521 \r\nA: b:c\r\n\r\n", 521, undefined],
  [
    "in chunks",
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3;x=y\r\n:1}\r\n0\r\n\r\n',
    200,
    { a: 1 },
  ],
  ["that refuses in plain text", "HTTP/1.1 502 Bad Gateway\r\n\r\nbad gateway", 502, "bad gateway"],
];
for (const [what, text, status, body] of replies) {
  http(`takes a reply ${what}`, () => assert.equal(parse(text), { status, body }));
}

const refused: [what: string, text: string, reason: string][] = [
  ["nothing", "", "it is no HTTP reply"],
  ["another protocol", "SSH-2.0\r\n\r\n", "it is no HTTP reply"],
  ["half a head", "HTTP/1.1 200 OK\r\nContent-", "it is no HTTP reply"],
  ["half a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "it ends after 1 of 9 bytes"],
  ["half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{", "a chunk of it is missing"],
  ["no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n", "a chunk of it is missing"],
  ["a page", "HTTP/1.1 200 OK\r\n\r\n<html>", "it is not JSON"],
];
for (const [what, text, reason] of refused) {
  http(`refuses ${what}`, () => {
    assert.throws(
      () => parse(text),
      (error: Error) => error.message.startsWith(`Cannot read the agent's reply: ${reason}: `),
    );
  });
}

http.run();
