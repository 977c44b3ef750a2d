/** What the web and Node do differently, on the web. */

import { Unavailable } from "../domain/errors.js";

/** Give the bytes of a file that comes with the package. */
export async function readAsset(url: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new Unavailable(`cannot be fetched (${String(error)})`, {
      path: String(url),
      hint: "Check the network, or serve the file from the page's own origin.",
      cause: error,
    });
  }
  if (!response.ok) {
    throw new Unavailable(`cannot be fetched (${String(response.status)})`, {
      path: String(url),
      hint: "Copy dist/assets to where the page is served from, or give its URL.",
    });
  }
  return new Uint8Array(await response.arrayBuffer());
}

export { openStorage } from "./web-storage.js";
