// One ES module per entry, written to static/ and committed: a machine without Node runs the widgets,
// a reviewer sees what ships, and CI fails when a fresh build differs. Nothing is fetched at run time.
import { build } from "esbuild";
import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const LIMIT = 90_000;

// Every *.ts beside this file is a widget; shared/page.ts is the stand-in for a kernel in exported pages.
const widgets = readdirSync(here).filter((f) => f.endsWith(".ts") && !f.endsWith(".d.ts"));
const entries = Object.fromEntries(widgets.map((f) => [f.slice(0, -3), join(here, f)]));
entries.page = join(here, "shared", "page.ts");

await build({
  entryPoints: entries,
  outdir: join(here, "static"),
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  minify: true,
  // Whatever third-party code is bundled one day brings its licence text along.
  legalComments: "eof",
  loader: { ".css": "text" },
  logLevel: "warning",
});

for (const name of Object.keys(entries)) {
  const size = statSync(join(here, "static", `${name}.js`)).size;
  console.log(`${name}.js ${size} bytes`);
  if (size > LIMIT) throw new Error(`${name}.js is ${size} bytes; the limit is ${LIMIT}`);
}
