/** The oldest browsers that the code is written for; a build fails on syntax they do not have. */
export const BROWSERS = ["chrome90", "firefox88", "safari14"];
