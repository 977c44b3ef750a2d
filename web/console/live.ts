/** Hearing of changes: the stream of the server, taken up again whenever it breaks off. */

import type { Overview } from "./answers.js";
import { type Api, Refused } from "./api.js";

const SOONEST_MS = 500;
const LATEST_MS = 10_000;

/** How the stream stands. */
export type Standing = "on" | "away" | Refused;

/** Listen until the page is left; `stand` is told when the server goes away and when it is back. */
export async function listen(api: Api, told: (overview: Overview) => void, stand: (standing: Standing) => void): Promise<never> {
  const never = new AbortController().signal;
  let pause = SOONEST_MS;
  for (;;) {
    try {
      await api.events((overview) => {
        pause = SOONEST_MS;
        stand("on");
        told(overview);
      }, never);
    } catch (error) {
      stand(error instanceof Refused ? error : "away");
    }
    await new Promise((next) => setTimeout(next, pause));
    pause = Math.min(2 * pause, LATEST_MS);
  }
}

/** Give what of an overview makes the views worth drawing anew; looking at it changes the counts of calls. */
export function substance({ stats, withheld, recalls, consolidations }: Overview): string {
  return JSON.stringify([{ ...stats, size_bytes: 0 }, withheld, recalls.map(({ id }) => id), consolidations.map(({ report, undone_at }) => [report.id, undone_at])]);
}
