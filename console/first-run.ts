import { commandBox, demoCommand, heartbeatCommand, sampleCommand } from './command-box.ts';
import { type Child, h } from './dom.ts';
import { panel } from './panel.ts';

/** What a newcomer sees before anything was sent: three ways to send something, ready to copy. */
export function firstRun(): Child {
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
      step('Say that an agent is alive', 'A heartbeat promises the next one within a minute.', heartbeatCommand()),
      step(
        'Send a number',
        'Every metric becomes a series with a band, and after a while a forecast.',
        sampleCommand(),
      ),
      step(
        'Or look at a whole fleet',
        'A simulated fleet of 232 agents with two weeks of history, and this machine as a real one.',
        demoCommand,
      ),
    ),
    h('p', { class: 'empty' }, 'More in the ', h('a', { href: '/docs' }, 'API documentation'), '.'),
  );
}

function step(title: string, text: string, command: string): HTMLElement {
  return h('li', {}, h('h3', {}, title), h('p', {}, text), commandBox(command));
}
