import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "assembly/**", "**/*.mjs", "*.config.*", "demo/dist/**", "demo/sw.js", "site/**"] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Bounds are known where it stands; noUncheckedIndexedAccess asks about every array read in a loop.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Callers in JavaScript give anything; what the types rule out is checked all the same.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // What a file or an element holds is said where it is read.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // The oldest browsers know the forms used.
      "@typescript-eslint/prefer-for-of": "off",
    },
  },
);
