/** The annotations of multus, in both of their forms. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NETWORKS, type NetworkAttachment, parseAttachments } from "../../src/ipam/network-attachments.ts";
import { refusalOf } from "./selection-scene.ts";

const attachments = suite("network attachments");

const accepted: [string, [namespace: string, name: string, nic: string][]][] = [
  ["a", [["", "a", ""]]],
  ["ns/a@if0", [["ns", "a", "if0"]]],
  [
    " ns/a , b@x ",
    [
      ["ns", "a", ""],
      ["", "b", "x"],
    ],
  ],
  [
    '[{"name":"a"},{"Name":"b.c","namespace":"ns","interface":"if0","ips":["10.0.0.1"]}]',
    [
      ["", "a", ""],
      ["ns", "b.c", "if0"],
    ],
  ],
];
for (const [value, expected] of accepted) {
  attachments(`are read from ${value}`, () => {
    const networks = expected.map(([namespace, name, nic]): NetworkAttachment => ({ namespace, name, interface: nic }));

    assert.equal(parseAttachments(NETWORKS, value), networks);
  });
}

const refused: [string, RegExp][] = [
  ["", /"" may have lower-case letters/],
  ["a,", /"" may have lower-case letters/],
  ["A", /"A" may have lower-case letters/],
  ["n_s/a", /"n_s\/a" may have lower-case letters/],
  ["a/b/c", /at most one "\/" and one "@"/],
  ["a@b@c", /at most one "\/" and one "@"/],
  ["a@0123456789abcdef", /at most 15 characters/],
  ["a@b/c", /no "\/"/],
  ["a@b c", /no blanks/],
  ["[", /not JSON/],
  ["[]", /names no network/],
  ['{"name":"a"}', /must be a JSON array of objects/],
  ['["a"]', /item 0 of the array must be a JSON object/],
  ['[{"name":7}]', /"name" must be a string/],
];
for (const [value, reason] of refused) {
  attachments(`are refused in ${JSON.stringify(value)}`, () => {
    const text = refusalOf(() => parseAttachments(NETWORKS, value));

    assert.match(text, reason);
    assert.ok(text.includes(NETWORKS) && text.endsWith(JSON.stringify(value)), text);
  });
}

attachments.run();
