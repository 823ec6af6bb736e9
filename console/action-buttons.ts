import { type ApiClient, createApiClient } from './api-client.ts';
import { h } from './dom.ts';
import { knownKey } from './sign-in.ts';

/** Something that a person can do: what is written on the button, and what it does. */
export interface Action {
  text: string;
  /** Answers what has become of it, in a sentence. */
  run(api: ApiClient): Promise<string>;
}

/** Buttons in a row, with a line below that says what has become of the last one. The page is loaded anew after it. */
export function actionButtons(label: string, actions: readonly Action[]): HTMLElement {
  const outcome = h('p', { class: 'outcome', role: 'status' });
  const buttons = actions.map(({ text, run }) =>
    h('button', { type: 'button', class: 'quiet', onclick: (event) => void act(event, run) }, text),
  );
  return h('div', { class: 'actions-row', role: 'group', 'aria-label': label }, buttons, outcome);
}

async function act(event: Event, run: Action['run']): Promise<void> {
  const button = event.currentTarget as HTMLButtonElement;
  const line = button.parentElement!.querySelector('.outcome')!;
  button.disabled = true;
  try {
    // A refresh of the page must not abort it.
    const text = await run(createApiClient({ key: knownKey(), signal: new AbortController().signal }));
    window.dispatchEvent(new Event('datachange'));
    window.setTimeout(() => {
      line.textContent = text;
    }, 600);
  } catch (error) {
    line.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    button.disabled = false;
  }
}
