/** What a view is. */

import type { Overview } from "../answers.js";
import type { Api } from "../api.js";
import type { Colours } from "../parts.js";

/** What a view works with. */
export interface Context {
  readonly api: Api;
  readonly colours: Colours;
  /** The newest overview the server told. */
  overview(): Overview;
  /** Say what came of something; errors with the way out that they name. */
  told(work: () => Promise<string>): Promise<void>;
}

/** One view, drawn into an element of its own. */
export interface View {
  readonly root: HTMLElement;
  /** Ask again and draw what has changed. */
  refresh(): Promise<void>;
}

export type MakeView = (context: Context, argument: string) => View;
