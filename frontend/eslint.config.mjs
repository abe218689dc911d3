import lit from "eslint-plugin-lit";
import tseslint from "typescript-eslint";

export default tseslint.config(
	{ ignores: ["node_modules", "test/built"] },
	{
		files: ["**/*.ts"],
		extends: [
			tseslint.configs.strictTypeChecked,
			tseslint.configs.stylisticTypeChecked,
			lit.configs["flat/recommended"],
		],
		languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
		rules: {
			// Numbers are what is written into texts here.
			"@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
			"@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
			// A tick of an axis or an arrow in a template returns what its expression does.
			"@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
		},
	},
	{
		files: ["test/**/*.ts"],
		rules: {
			// node:test waits for its tests by itself.
			"@typescript-eslint/no-floating-promises": [
				"error",
				{ allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: ["test"] }] },
			],
		},
	},
);
