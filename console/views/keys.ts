import { type Action, actionButtons } from '../action-buttons.ts';
import { type Child, h } from '../dom.ts';
import { absent, formatAge, formatNumber } from '../format.ts';
import { keyForm } from '../key-form.ts';
import { listPage } from '../list-page.ts';
import { choices, orAbsent, stateMark, timeMark } from '../marks.ts';
import { newKeyNote, showNewKey } from '../new-key-note.ts';
import type { Key } from '../operator-types.ts';
import { emptyNote, panel } from '../panel.ts';
import { href } from '../route.ts';
import type { TableColumn } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

/** `#/access`: the keys of the tenant: made and shown once, rotated, revoked. */
export async function keysView({ api, now }: ViewContext): Promise<Page> {
  const rows = await settle(api.keys());
  return {
    title: 'Keys',
    render: (route) =>
      listPage({
        title: 'Keys',
        aside: accessPlaces('keys'),
        lead: [newKeyNote(), rows.ok && panel({ title: 'New key' }, keyForm())],
        panelTitle: 'Keys of this tenant',
        rows: rows.ok ? { ok: true, value: rows.value.toReversed() } : rows,
        columns: keyColumns(now),
        keyOf: ({ id }) => id,
        textOf: (key) => `${key.name} ${key.hint} ${key.scopes.join(' ')} ${stateOf(key, now)}`,
        placeholder: 'Filter by name, scope, state',
        empty: emptyNote('None. Whoever reaches this port may do everything.'),
        route,
      }),
  };
}

/** The links between the pages about who may do what. */
export function accessPlaces(current: 'keys' | 'tenants' | 'audit'): Child {
  return choices('Access', [
    { text: 'Keys', href: href(['access']), isCurrent: current === 'keys' },
    { text: 'Tenants', href: href(['access', 'tenants']), isCurrent: current === 'tenants' },
    { text: 'Audit log', href: href(['access', 'audit']), isCurrent: current === 'audit' },
  ]);
}

type KeyState = 'valid' | 'ending' | 'expired' | 'revoked';

function stateOf({ revokedAt, expiresAt, replacedBy }: Key, now: number): KeyState {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && Date.parse(expiresAt) <= now) return 'expired';
  return replacedBy === null ? 'valid' : 'ending';
}

function keyColumns(now: number): TableColumn<Key>[] {
  const age = (time: string | null) =>
    time === null ? absent : timeMark(time, formatAge((now - Date.parse(time)) / 1000));
  return [
    { id: 'state', title: 'State', sortBy: (key) => stateOf(key, now), cell: (key) => stateMark(stateOf(key, now)) },
    {
      id: 'name',
      title: 'Name',
      sortBy: ({ name }) => name,
      cell: ({ name, hint }) => [
        h('span', { class: 'strong' }, name),
        h('small', { class: 'mono' }, hint && `${hint}…`),
      ],
    },
    { id: 'scopes', title: 'May', cell: ({ scopes }) => scopes.join(', ') },
    { id: 'limits', title: 'Limits', cell: limitsText },
    {
      id: 'used',
      title: 'Last used',
      sortBy: ({ lastUsedAt }) => lastUsedAt ?? '',
      cell: (key) => age(key.lastUsedAt),
    },
    {
      id: 'ends',
      title: 'Ends',
      sortBy: ({ expiresAt }) => expiresAt ?? '9',
      cell: ({ expiresAt, revokedAt }) => {
        const end = revokedAt ?? expiresAt;
        return end === null ? 'never' : timeMark(end);
      },
    },
    { id: 'change', title: 'Change', cell: (key) => keyActions(key, stateOf(key, now)) },
  ];
}

function limitsText({ requestsPerSecond, recordsPerSecond }: Key): string {
  const limits = [
    requestsPerSecond !== null && `${formatNumber(requestsPerSecond)} requests/s`,
    recordsPerSecond !== null && `${formatNumber(recordsPerSecond)} records/s`,
  ];
  return limits.filter((text) => text !== false).join(', ') || orAbsent('');
}

/** A key that is no longer good has nothing left to be changed. */
function keyActions({ id, name }: Key, state: KeyState): Child {
  if (state === 'expired' || state === 'revoked') return absent;
  const rotate: Action = {
    text: 'Rotate',
    async run(api) {
      showNewKey(await api.rotateKey(id));
      return 'the old key works for 30 days more';
    },
  };
  const revoke: Action = {
    text: 'Revoke',
    async run(api) {
      if (!window.confirm(`Whoever uses the key ${name} is refused from now on. Revoke it?`)) return '';
      await api.revokeKey(id);
      return 'revoked';
    },
  };
  return actionButtons(`key ${id}`, `Change ${name}`, state === 'valid' ? [rotate, revoke] : [revoke]);
}
