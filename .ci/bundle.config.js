// How the one file is made: everything in it, readable, and without the client's generated models, which nobody calls.
// BUNDLE=ENTRY:FILE makes another one the same way (the bench does).
const [input, file] = (process.env.BUNDLE ?? "src/main.ts:dist/autopool.mjs").split(":");

export default {
  input,
  platform: "node",
  treeshake: { moduleSideEffects: false },
  output: { file, format: "esm", codeSplitting: false },
};
