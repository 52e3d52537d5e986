// MERMAID=DIR node parse.cjs <DIAGRAMS prints what Mermaid's own parser makes of a JSON list of diagrams, as JSON.
// DIR is where npm installed the package `mermaid`. Nothing is drawn: that takes a browser.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

const context = vm.createContext({ setTimeout, clearTimeout, structuredClone, URL, console: { ...console, debug() {} } });
// Without a document, the sanitizer inside is a function with no methods: these two are called all the same.
vm.runInContext(
  `globalThis.window = globalThis.self = globalThis;
   Function.prototype.sanitize = (text) => text;
   Function.prototype.addHook = () => {};`, context);
vm.runInContext(readFileSync(join(process.env.MERMAID, "package/dist/mermaid.min.js"), "utf8"), context);

const plain = (found) => (Array.isArray(found) ? found : [...found.values()]);

(async () => {
  const { mermaid } = context;
  const found = [];
  for (const text of JSON.parse(readFileSync(0, "utf8"))) {
    const { config } = await mermaid.parse(text);
    const { type, db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    found.push({
      type,
      config,
      boxes: plain(db.getVertices()).map(({ id, type, text, classes, styles, link, haveCallback, labelType }) =>
        ({ id, shape: type, text, classes, styles, link: link ?? null, callback: haveCallback ?? false, labelType })),
      arrows: db.getEdges().map(({ start, end, stroke, text }) => ({ start, end, stroke, text })),
      groups: db.getSubGraphs().map(({ id, title, nodes }) => ({ id, title, nodes })),
      classes: plain(db.getClasses()).map(({ id }) => id),
      title: db.getAccTitle(),
    });
  }
  console.log(JSON.stringify(found));
})().catch((error) => {
  console.error(String(error).slice(0, 2000));
  process.exit(2);
});
