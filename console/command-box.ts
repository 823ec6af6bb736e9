import { type Child, h } from './dom.ts';
import { knownKey } from './sign-in.ts';

/** A command to copy into a shell. */
export function commandBox(command: string): HTMLElement {
  const copy = async (event: Event) => {
    const button = event.currentTarget as HTMLButtonElement;
    await navigator.clipboard.writeText(command);
    button.textContent = 'Copied';
  };
  const canCopy = navigator.clipboard !== undefined;
  return h(
    'div',
    { class: 'command' },
    h('pre', { tabindex: 0 }, h('code', {}, command)),
    canCopy && h('button', { type: 'button', class: 'quiet', onclick: (event) => void copy(event) }, 'Copy'),
  );
}

/** What is said where nothing is there yet, and the command that changes it. */
export function emptyWithCommand(text: string, command: string): Child {
  return h('div', { class: 'empty' }, h('p', {}, text), commandBox(command));
}

/** `curl` that posts JSON to this service, with a place for the key where one is needed. */
function postCommand(path: string, body: object): string {
  const key = knownKey() === null ? '' : " -H 'authorization: Bearer KEY'";
  return `curl ${location.origin}${path}${key} -H 'content-type: application/json' \\
  -d '${JSON.stringify(body)}'`;
}

/** Says that an agent is alive. */
export function heartbeatCommand(): string {
  return postCommand('/v1/heartbeats', { agent: 'worker-1', type: 'testing', version: '1.0.0' });
}

/** Sends a number. */
export function sampleCommand(): string {
  return postCommand('/v1/samples', { metric: 'queue_length', value: 12, agent: 'worker-1' });
}

/** Shows everything on a simulated fleet. */
export const demoCommand = 'npm run demo';
