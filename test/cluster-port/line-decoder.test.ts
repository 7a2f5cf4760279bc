/** The decoder must give the same lines however the network cuts the bytes. */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLineDecoder } from "../../src/cluster/kubernetes/line-decoder.ts";

const decoding = suite("line decoder");

decoding("gives the same lines however the bytes are cut, also inside a character", () => {
  const line = fc.string({ unit: "binary" }).map((text) => JSON.stringify(text));
  void fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (lines, sizes) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(""));
      const decoder = createLineDecoder();
      const decoded: string[] = [];
      for (let start = 0, turn = 0; start < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        decoded.push(...decoder.push(bytes.subarray(start, start + size)));
        start += size;
      }
      assert.equal(decoded, lines);
      assert.is(decoder.rest(), "");
    }),
  );
});

decoding("leaves out empty lines and keeps what has no line feed yet", () => {
  const decoder = createLineDecoder();
  assert.equal(decoder.push(Buffer.from("\n{}\n\n[")), ["{}"]);
  assert.is(decoder.rest(), "[");
  assert.is(decoder.rest(), "");
});

decoding("searches and copies each byte of a long line a bounded number of times", () => {
  const searched = (chunkCount: number): number => {
    const decoder = createLineDecoder();
    let bytes = 0;
    const chunk = Buffer.alloc(16_384, "x");
    const original: (value: number, from?: number) => number = chunk.indexOf.bind(chunk);
    const counting = (value: number, from?: number): number => {
      bytes += chunk.length;
      return original(value, from);
    };
    Object.defineProperty(chunk, "indexOf", { value: counting });
    for (let count = 0; count < chunkCount; count++) decoder.push(chunk);
    const [line] = decoder.push(Buffer.from("\n"));
    assert.is(line?.length, chunkCount * 16_384);
    return bytes;
  };
  assert.is(searched(200), 2 * searched(100));
});

decoding.run();
