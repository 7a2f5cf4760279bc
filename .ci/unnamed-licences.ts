/**
 * Licences that packages do not carry as a file, and code of others that they contain.
 *
 * Written by hand, since no manifest says it; versions are read where a package tells them.
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Code of somebody else's inside a package. */
export interface PackageInside {
  readonly name: string;
  /** Empty where the package does not tell. */
  readonly version: string;
  readonly licence: { readonly id: string } | { readonly name: string; readonly url: string };
  /** What must be said with it. */
  readonly notice: string;
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** By package, as its repository has it. */
export const standIns: Readonly<Record<string, string>> = {
  "@viz-js/viz": `Copyright (c) Michael Daines\n\n${MIT}`,
};

/** Returns what a package contains of others. */
export function inside(folder: string, name: string): PackageInside[] {
  if (name === "@viz-js/viz") return graphviz(folder);
  if (name !== "undici") return [];
  const notice = `Copyright Fedor Indutny, 2018; MIT licence, as follows.\n\n${MIT}`;
  return [{ name: "llhttp", version: "", licence: { id: "MIT" }, notice }];
}

/** Graphviz and expat, compiled to WebAssembly; the package's statement of provenance names their sources. */
function graphviz(folder: string): PackageInside[] {
  const { predicate } = JSON.parse(readFileSync(join(folder, "lib/provenance.json"), "utf8"));
  const sources: readonly string[] = predicate.buildDefinition.resolvedDependencies.map(
    ({ uri }: { uri: string }) => uri,
  );
  const sourceOf = (name: string): { source: string; version: string } => {
    const found = sources.map((source) => new RegExp(`/${name}-([\\d.]+)\\.tar\\.gz$`).exec(source)).find(Boolean);
    if (!found) throw new Error(`Cannot tell which ${name} is in package "@viz-js/viz": its provenance names none`);
    return { source: found.input, version: found[1] ?? "" };
  };
  const [tool, parser] = [sourceOf("graphviz"), sourceOf("expat")];
  const licence = { name: "Eclipse Public License", url: "https://graphviz.org/license/" };
  return [
    {
      name: "graphviz",
      version: tool.version,
      licence,
      notice:
        `It is provided without warranty of any kind under the Eclipse Public License (${licence.url}).\n` +
        `Its source code can be had under that licence from ${tool.source}`,
    },
    {
      name: "expat",
      version: parser.version,
      licence: { id: "MIT" },
      notice: `Copyright (c) Thai Open Source Software Center Ltd, Clark Cooper, and Expat maintainers; MIT licence, as follows.\n\n${MIT}`,
    },
  ];
}
