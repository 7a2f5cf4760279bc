// How the one file is made: everything in it, readable, and without the client's generated models, which nobody calls.
// BUNDLE=ENTRY:FILE makes another one the same way (the bench does).
import { pageFiles } from "../src/view/page-files.ts";

const [input, file] = (process.env.BUNDLE ?? "src/main.ts:dist/autopool.mjs").split(":");

// The page's files are read where the program's source is; the one file has them in itself.
const page = {
  name: "page",
  load: (id) =>
    id.endsWith("/src/view/page-files.ts") ? `export const pageFiles = () => (${JSON.stringify(pageFiles())});` : null,
};

export default {
  input,
  platform: "node",
  // Nobody imports anything of it by name, and the certificates need what it does.
  treeshake: { moduleSideEffects: (id) => id.includes("/reflect-metadata/") },
  plugins: [page],
  output: { file, format: "esm", codeSplitting: false },
};
