/** The token that the page shows: given once in the fragment of its address, which no server sees. */

const KEY = "reasoningbank-token";
const GIVEN = /^#token=([!-~]+)$/;

/** Give the token, taken out of the address and kept for this tab alone; null where there is none. */
export function takeToken(): string | null {
  const given = GIVEN.exec(location.hash);
  if (given !== null) {
    sessionStorage.setItem(KEY, decodeURIComponent(given[1]!));
    // So that it stays out of the history and of what is copied from the address bar.
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEY);
}
