import { type ApiClient, createApiClient } from './api-client.ts';
import { h } from './dom.ts';
import { knownKey } from './sign-in.ts';

/** Something that a person can do: what is written on the button, and what it does. */
export interface Action {
  text: string;
  /** Answers what has become of it, in a sentence. */
  run(api: ApiClient): Promise<string>;
}

/** What has become of the last action on each thing: a refresh draws the page anew. */
const outcomes = new Map<string, string>();

/**
 * Buttons in a row, with a line that says what has become of the last one. The page is loaded anew after it.
 *
 * @param thing names what is acted on.
 */
export function actionButtons(thing: string, label: string, actions: readonly Action[]): HTMLElement {
  const buttons = actions.map((action) =>
    h('button', { type: 'button', class: 'quiet', onclick: (event) => void act(event, thing, action) }, action.text),
  );
  const outcome = h('p', { class: 'outcome', role: 'status' }, outcomes.get(thing) ?? '');
  return h('div', { class: 'actions-row', role: 'group', 'aria-label': label }, buttons, outcome);
}

async function act(event: Event, thing: string, { run }: Action): Promise<void> {
  const button = event.currentTarget as HTMLButtonElement;
  button.disabled = true;
  try {
    // A refresh of the page must not abort it.
    outcomes.set(thing, await run(createApiClient({ key: knownKey(), signal: new AbortController().signal })));
  } catch (error) {
    outcomes.set(thing, error instanceof Error ? error.message : String(error));
  }
  button.disabled = false;
  window.dispatchEvent(new Event('datachange'));
}
