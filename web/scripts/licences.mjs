/** Put the licence and the notices beside the package, so that what is packed carries them. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
for (const name of ["LICENSE", "NOTICE"]) copyFileSync(join(ROOT, "..", name), join(ROOT, name));
