import type { Labels } from './api-types.ts';
import { type Child, h, withVariables } from './dom.ts';
import { absent, formatTime, formatUtc } from './format.ts';
import { href } from './route.ts';

type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet';

const tones: Readonly<Record<string, Tone>> = {
  up: 'good',
  new: 'good',
  recovered: 'good',
  late: 'warn',
  down: 'bad',
  succeeded: 'good',
  failed: 'bad',
  running: 'busy',
  open: 'bad',
  acknowledged: 'busy',
  resolved: 'good',
  critical: 'bad',
  warning: 'warn',
  info: 'quiet',
  ended: 'quiet',
  valid: 'good',
  ending: 'warn',
  expired: 'quiet',
  revoked: 'bad',
  stored: 'good',
};

/** A state as a shape and a word; the colour only repeats them. */
export function stateMark(state: string, text: string = state): HTMLElement {
  return h(
    'span',
    { class: 'state', 'data-tone': tones[state] ?? 'quiet' },
    h('i', { class: 'shape', 'aria-hidden': 'true' }),
    text,
  );
}

/** A time in the zone of the reader, with UTC in its title. */
export function timeMark(time: string | number, text?: string): HTMLElement {
  const timeMs = typeof time === 'number' ? time : Date.parse(time);
  return h('time', { datetime: new Date(timeMs).toISOString(), title: formatUtc(timeMs) }, text ?? formatTime(timeMs));
}

/** Labels as `name=value`; the agent links to its page. */
export function labelList(labels: Labels, { without = [] }: { without?: readonly string[] } = {}): Child {
  const shown = Object.entries(labels).filter(([name]) => !without.includes(name));
  return shown.map(([name, value]) =>
    h(
      'span',
      { class: 'label' },
      h('span', { class: 'label-name' }, `${name}=`),
      name === 'agent' ? h('a', { href: href(['agents', value]) }, value) : value,
    ),
  );
}

/** A name that may be broken after its underscores, where the room is narrow. */
export function breakable(name: string): Child {
  return name.split(/(?<=_)/).flatMap((part, i) => (i === 0 ? [part] : [h('wbr'), part]));
}

/** What an incident suspects: an agent of the fleet links to its page. */
export function componentMark(component: string, agents: readonly string[]): Child {
  return agents.includes(component) ? h('a', { href: href(['agents', component]) }, component) : component;
}

/** The labels as one line of text, for a title or an option. */
export function labelText(labels: Labels): string {
  return (
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ') || 'no labels'
  );
}

/** A horizontal bar that is filled to `ratio` (0 to 1), for what is also written beside it. */
export function meter(ratio: number | null, tone: Tone): HTMLElement {
  const filled = ratio === null ? 0 : Math.min(1, Math.max(0, ratio));
  return withVariables(
    h('span', { class: 'meter', 'data-tone': tone, 'aria-hidden': 'true' }, h('i', { class: 'meter-fill' })),
    {
      '--ratio': filled,
    },
  );
}

/** Which of a few choices is taken, each a link. */
export function choices(
  label: string,
  options: readonly { text: Child; href: string; isCurrent: boolean }[],
): HTMLElement {
  const links = options.map((option) =>
    h('a', { href: option.href, 'aria-current': option.isCurrent && 'true' }, option.text),
  );
  return h('div', { class: 'choices', role: 'group', 'aria-label': label }, links);
}

/** A value, or a dash for none. */
export function orAbsent(text: string): string {
  return text === '' ? absent : text;
}
