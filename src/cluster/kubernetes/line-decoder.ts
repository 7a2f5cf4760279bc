/**
 * Cuts a byte stream into lines: right over every chunk border, also inside a multi-byte character, and linear in the
 * bytes however long a line is (a watch event may have 1.5 MB, which arrive in a hundred chunks). Pure.
 * @module
 */

const lineFeed = 0x0a;

/** Bytes in, whole lines out. */
export interface LineDecoder {
  /** Takes the next chunk and returns the lines that it completes, without their line feeds; empty lines are left out. */
  push(chunk: Uint8Array): string[];
  /** Returns what stands after the last line feed, "" where there is nothing. */
  rest(): string;
}

/** Creates a decoder for one stream. */
export function createLineDecoder(): LineDecoder {
  /** Chunks of the unfinished line; each was searched once and is joined once. */
  let pending: Uint8Array[] = [];

  const take = (last: Uint8Array): string => {
    const bytes = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    pending = [];
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  };

  return {
    push(chunk) {
      const lines: string[] = [];
      let start = 0;
      for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
        const line = take(chunk.subarray(start, end));
        if (line.length > 0) lines.push(line);
        start = end + 1;
      }
      if (start < chunk.length) pending.push(chunk.subarray(start));
      return lines;
    },
    rest: () => take(new Uint8Array()),
  };
}
