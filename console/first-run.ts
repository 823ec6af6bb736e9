import { type Child, h } from './dom.ts';
import { panel } from './panel.ts';

/** What a newcomer sees before anything was sent: three ways to send something, ready to copy. */
export function firstRun(origin: string, needsKey: boolean): Child {
  const key = needsKey ? " -H 'authorization: Bearer KEY'" : '';
  const heartbeat = `curl ${origin}/v1/heartbeats${key} -H 'content-type: application/json' \\
  -d '{"agent": "worker-1", "type": "testing", "version": "1.0.0"}'`;
  const sample = `curl ${origin}/v1/samples${key} -H 'content-type: application/json' \\
  -d '{"metric": "queue_length", "value": 12, "agent": "worker-1"}'`;
  return panel(
    { title: 'No agent has called yet', class: 'first-run' },
    h(
      'p',
      { class: 'lead' },
      'Fleetcast is running and waits for its first record. This page shows it within ten seconds.',
    ),
    h(
      'ol',
      { class: 'steps' },
      step('Say that an agent is alive', 'A heartbeat promises the next one within a minute.', heartbeat),
      step('Send a number', 'Every metric becomes a series with a band, and after a while a forecast.', sample),
      step(
        'Or look at a whole fleet',
        'A simulated fleet of 232 agents with two weeks of history, and this machine as a real one.',
        'npm run demo',
      ),
    ),
    h('p', { class: 'empty' }, 'More in the ', h('a', { href: '/docs' }, 'API documentation'), '.'),
  );
}

function step(title: string, text: string, command: string): HTMLElement {
  return h('li', {}, h('h3', {}, title), h('p', {}, text), commandBox(command));
}

function commandBox(command: string): HTMLElement {
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
