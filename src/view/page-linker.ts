/**
 * Makes one script of modules, as they are written in this house: types erased, exports by name, imports at the top.
 *
 * Each module becomes a function of its own, so their private names do not meet. Knows no more of the language than the house uses, and
 * refuses what it does not know. Needs no bundler at run time; the page is some twenty small files.
 * @module
 */

export interface LinkOptions {
  /** Returns the text of a module, without types. */
  load(path: string): string;
  /** Returns the path of the module that an import means. */
  resolve(name: string, importer: string): string;
}

const IMPORT = /^import\s*(\{[^}]*\}|\* as \w+)\s*from\s*"([^"]+)";[ \t]*$/gm;
const EXPORT = /^export (?=(?:async )?function\*?|const|let|class)((?:async )?\w+\*? (\w+))/gm;

/**
 * Returns the script that runs a module and all that it imports, each once.
 * @throws {SyntaxError} If a module is written in a way that is not known here, or imports itself.
 */
export function link(entry: string, options: LinkOptions): string {
  const names = new Map<string, string>();
  const linked: string[] = [];
  const open = new Set<string>();
  const visit = (path: string): string => {
    const known = names.get(path);
    if (known !== undefined) return known;
    if (open.has(path)) throw new SyntaxError(`Cannot link "${path}": it imports itself`);
    open.add(path);
    const module = moduleOf(path, options, visit);
    const name = `module${names.size}`;
    names.set(path, name);
    linked.push(`const ${name} = (() => {\n${module}\n})();`);
    return name;
  };
  visit(entry);
  return `"use strict";\n${linked.join("\n")}\n`;
}

function moduleOf(path: string, { load, resolve }: LinkOptions, visit: (path: string) => string): string {
  const exported: string[] = [];
  const text = load(path)
    .replaceAll(IMPORT, (_, names: string, from: string) => {
      // A type is all that was wanted of it.
      if (/^\{\s*,?\s*\}$/.test(names)) return "";
      const module = visit(resolve(from, path));
      return names.startsWith("*") ? `const ${names.slice(5)} = ${module};` : `const ${renamed(names)} = ${module};`;
    })
    .replaceAll(EXPORT, (_, declaration: string, name: string) => {
      exported.push(name);
      return declaration;
    });
  const [unknown] = /^(?:import|export)\b.*$|\bimport(?:\.meta|\s*\()/m.exec(text) ?? [];
  if (unknown !== undefined) throw new SyntaxError(`Cannot link "${path}": it has "${unknown}"`);
  return `${text.replaceAll(/(?:^[ \t]*\n)+/gm, "\n").trim()}\nreturn { ${exported.join(", ")} };`;
}

const renamed = (names: string): string => names.replaceAll(/\b(\w+) as (\w+)/g, "$1: $2");
