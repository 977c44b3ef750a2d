/** The oldest browsers that the code is written for; a build fails on syntax they do not have. */
export const BROWSERS = ["chrome90", "firefox88", "safari14"];

/** What a bundle for pages takes in place of what Node has; paths are those of this package's folder. */
export const WEB_ALIASES = {
  "#platform": "./src/platform/web.ts",
  "#random": "./src/platform/random-web.ts",
  "sql.js": "./node_modules/sql.js/dist/sql-wasm-browser.js",
};
