/** Keeping the page for use without a network, and telling when a newer one has been put in its place. */

/** Register the service worker; `note` is shown when a new version is there, with a button that brings it. */
export async function keepForOffline(note: HTMLElement): Promise<void> {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  const workers = navigator.serviceWorker;
  const isFirstVisit = workers.controller === null;
  const registration = await workers.register("sw.js");
  const offer = (): void => {
    if (!isFirstVisit) note.hidden = false;
  };
  if (registration.waiting !== null) offer();
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => {
      if (coming.state === "installed") offer();
    });
  });
  let asked = false;
  note.querySelector("button")!.addEventListener("click", () => {
    asked = true;
    if (registration.waiting === null) location.reload();
    else registration.waiting.postMessage("take over");
  });
  // Another page may have asked for it: this one may hold unfinished text, so it is not reloaded unasked.
  workers.addEventListener("controllerchange", () => {
    if (asked) location.reload();
    else offer();
  });
  document.addEventListener("visibilitychange", () => {
    // Without a network there is nothing newer to be had.
    if (document.visibilityState === "visible") registration.update().catch(() => undefined);
  });
}
