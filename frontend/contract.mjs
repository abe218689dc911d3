/** Write the payload that the integration's own tests wrote down as TypeScript, where `tsc` holds the types against it. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const HERE = import.meta.dirname;
const payload = await readFile(join(HERE, "../tests/fixtures/display.json"), "utf8");
await mkdir(join(HERE, "test/built"), { recursive: true });
await writeFile(
	join(HERE, "test/built/payload.ts"),
	`import type { Fixture } from "../../src/data/payload.ts";\n\nexport const payload: Fixture = ${payload.trim()};\n`,
);
