/**
 * The rules that find bugs, with types; and the few of the style guide that a machine can check.
 * How the code is laid out is Prettier's matter, who may import whom test/architecture.test.ts's.
 */
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["dist/", "release/", "coverage/", ".cache/", "test-results/", "test/fixtures/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-restricted-syntax": [
        "error",
        {
          selector: "ExportDefaultDeclaration",
          message: "Export by name: a name that is the same everywhere can be searched for.",
        },
        {
          selector: "ExportAllDeclaration",
          message: "Import from the file that defines it: no barrels, no re-exports.",
        },
      ],
      "@typescript-eslint/consistent-type-imports": [
        "error",
        // `typeof import("...")` is how a package that is loaded later gets its type.
        { disallowTypeAnnotations: false, fixStyle: "inline-type-imports" },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],

      // An index into a typed array that the loop bounds: noUncheckedIndexedAccess cannot know.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true, allowNever: true },
      ],
      // `onClick={() => send()}` reads better than a block.
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      // `while (true)` until a break is a loop, not a mistake.
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      // A typed array is walked by index: the index is what the loop is about.
      "@typescript-eslint/prefer-for-of": "off",
      // An async function may implement an asynchronous contract without waiting for anything.
      "@typescript-eslint/require-await": "off",
      // Contracts are records of functions without `this`, made to be taken apart.
      "@typescript-eslint/unbound-method": "off",
      // A record keyed by names from outside is deleted from and indexed by them.
      "@typescript-eslint/no-dynamic-delete": "off",
      // Brackets say that a name comes from outside: `process.env["CI"]`, `shapes["cls"]`.
      "@typescript-eslint/dot-notation": "off",
      // Empty functions are stand-ins with a name and a place.
      "@typescript-eslint/no-empty-function": "off",
      // An event handler may be asynchronous when it handles its own errors.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
    },
  },
  {
    files: ["renderer/**/*.{ts,tsx}"],
    extends: [reactHooks.configs.flat["recommended-latest"]],
  },
  {
    files: ["test/**/*.{ts,tsx}"],
    rules: {
      // vitest's own promises of `expect(...).rejects` and matchers are typed loosely.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
    },
  },
  {
    // The scripts have no types but JSDoc's; tsc checks those (scripts/tsconfig.json).
    files: ["**/*.{js,mjs}"],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // Tools want their configuration as the default export.
    files: ["*.config.{js,ts}"],
    rules: { "no-restricted-syntax": "off" },
  },
);
