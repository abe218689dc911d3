/** Build the cards into the integration, with the licences of what is built in. */
import { build } from "esbuild";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const HERE = import.meta.dirname;
const OUT = join(HERE, "../custom_components/battery_bank/dashboard/built");
// Bytes, gzipped: what every page of Home Assistant loads, and what a page with cards loads.
const MOST = { "battery-bank.js": 3_000, all: 90_000 };

// The indents within templates and styles are a fiftieth of what a page loads.
const withoutIndents = {
	name: "without-indents",
	setup: ({ onLoad }) =>
		onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({
			contents: (await readFile(path, "utf8")).replace(/\n\t+/g, "\n"),
			loader: "ts",
		})),
};

const common = {
	bundle: true,
	format: "esm",
	target: ["chrome120", "firefox117", "safari17.2"],
	tsconfig: join(HERE, "tsconfig.json"),
	loader: { ".css": "text" },
	conditions: ["production"],
	logLevel: "warning",
};

await rm(OUT, { recursive: true, force: true });
const { metafile } = await build({
	...common,
	entryPoints: {
		"battery-bank": join(HERE, "src/loader.ts"),
		cards: join(HERE, "src/cards.ts"),
		"dashboard-panel": join(HERE, "src/dashboard-panel.ts"),
	},
	outdir: OUT,
	splitting: true,
	minify: true,
	legalComments: "none",
	plugins: [withoutIndents],
	banner: { js: "/* Licences of what is built in: THIRD-PARTY-LICENSES.txt beside this file. */" },
	metafile: true,
});

// What the harness of the tests shows without Home Assistant.
await build({ ...common, entryPoints: [join(HERE, "test/made.ts")], outfile: join(HERE, "test/built/made.js") });

let all = 0;
for (const path of Object.keys(metafile.outputs)) {
	const name = basename(path);
	const packed = gzipSync(await readFile(join(OUT, name)), { level: 9 });
	await writeFile(join(OUT, `${name}.gz`), packed); // Home Assistant sends it in place of the other
	all += packed.length;
	if (packed.length > (MOST[name] ?? Infinity)) throw new Error(`${name} has ${packed.length} bytes, gzipped.`);
}
if (all > MOST.all) throw new Error(`The cards have ${all} bytes, gzipped.`);

const packages = new Set(
	Object.keys(metafile.inputs).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
);
const licences = await Promise.all(
	[...packages].sort().map(async (name) => {
		const folder = join(HERE, "node_modules", name);
		const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
		const text = await readFile(join(folder, "LICENSE"), "utf8");
		return `${name} ${version} (${license})\n\n${text.trim()}\n`;
	}),
);
await writeFile(join(OUT, "THIRD-PARTY-LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));
