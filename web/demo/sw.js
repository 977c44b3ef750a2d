// Keeps the page and what it fetches, so that it opens without a network. Filled in by build.mjs.
const OWN = `reasoningbank ${registration.scope} `;
const NAME = OWN + "VERSION";
const FILES = ["FILES"];

// A new version waits until its page asks for it or the last page of the old one is closed: files of two versions never mix.
addEventListener("install", (event) => {
  // From the network, past the browser's own cache, which may hold files of the version before.
  const requests = FILES.map((name) => new Request(name, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(requests)));
});
addEventListener("message", (event) => {
  if (event.data === "take over") skipWaiting();
});
addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name.startsWith(OWN) && name !== NAME));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => clients.claim()));
});
addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  const kept = caches.open(NAME).then((cache) => cache.match(event.request, { ignoreSearch: true }));
  event.respondWith(kept.then((response) => response ?? fetch(event.request)));
});
