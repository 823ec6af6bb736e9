import { type ApiClient, ApiError } from './api-client.ts';
import type { Child } from './dom.ts';
import type { Route } from './route.ts';

/** What a view is given each time that it loads. */
export interface ViewContext {
  api: ApiClient;
  route: Route;
  /** Unix milliseconds. */
  now: number;
}

/** A page with its data loaded: it can be drawn again, for another query of the same place, without asking the API. */
export interface Page {
  title: string;
  render(route: Route): Child;
  /** How long the data is fresh enough; by default 10 seconds. */
  refreshSeconds?: number;
}

/** Loads what a place shows. It is called again for each refresh. */
export type View = (context: ViewContext) => Promise<Page>;

/** What came of one question to the API: a panel shows either. */
export type Loaded<T> = { ok: true; value: T } | { ok: false; error: ApiError };

/**
 * Turns an error of the API into a value, so that one panel can show it while the others show their data. Only what
 * concerns the whole page is thrown on: no answer at all, an abort, a key that is missing.
 */
export async function settle<T>(answer: Promise<T>): Promise<Loaded<T>> {
  try {
    return { ok: true, value: await answer };
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401) return { ok: false, error };
    throw error;
  }
}

/** The value, or a substitute where there was an error that another panel shows. */
export function valueOr<T>(loaded: Loaded<T>, substitute: T): T {
  return loaded.ok ? loaded.value : substitute;
}
