import { h } from '../dom.ts';
import { absent, formatAge, formatTime } from '../format.ts';
import { listPage } from '../list-page.ts';
import { orAbsent, timeMark } from '../marks.ts';
import type { AuditEntry } from '../operator-types.ts';
import { emptyNote } from '../panel.ts';
import type { TableColumn } from '../table.ts';
import { type Page, settle, type ViewContext } from '../view.ts';
import { accessPlaces } from './keys.ts';

const maxEntries = 1000;

/** `#/access/audit`: who changed what, newest first. */
export async function auditView({ api, now }: ViewContext): Promise<Page> {
  const rows = await settle(api.audit(maxEntries));
  return {
    title: 'Audit log',
    refreshSeconds: 30,
    render: (route) =>
      listPage({
        title: 'Audit log',
        aside: accessPlaces('audit'),
        panelTitle: 'Changes, newest first',
        rows,
        columns: auditColumns(now),
        keyOf: ({ id }) => id,
        textOf: ({ action, target, keyName, address, details }) =>
          `${action} ${target} ${keyName} ${address} ${JSON.stringify(details)}`,
        placeholder: 'Filter by action, key, target',
        empty: emptyNote('Nothing was changed yet.'),
        route,
      }),
  };
}

function auditColumns(now: number): TableColumn<AuditEntry>[] {
  return [
    {
      id: 'at',
      title: 'When',
      sortBy: ({ at }) => Date.parse(at),
      cell: ({ at }) => [timeMark(at), h('small', {}, formatAge((now - Date.parse(at)) / 1000))],
    },
    { id: 'action', title: 'Action', sortBy: ({ action }) => action, cell: ({ action }) => h('b', {}, action) },
    { id: 'target', title: 'What', cell: ({ target }) => h('span', { class: 'mono' }, target) },
    {
      id: 'who',
      title: 'Who',
      sortBy: ({ keyName }) => keyName,
      cell: ({ keyName, address }) => [orAbsent(keyName), h('small', {}, address)],
    },
    { id: 'details', title: 'Details', cell: ({ details }) => detailsText(details) },
  ];
}

function detailsText(details: Record<string, unknown>): string {
  const parts = Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${detailText(name, value)}`);
  return parts.join(', ') || absent;
}

/** Times are Unix milliseconds there, under names such as `expiresAt`. */
function detailText(name: string, value: unknown): string {
  if (typeof value === 'number' && /(At|^from|^to)$/.test(name)) return formatTime(value);
  if (Array.isArray(value)) return value.map(String).join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
