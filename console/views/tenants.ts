import { type Action, actionButtons } from '../action-buttons.ts';
import { type Child, h } from '../dom.ts';
import { absent } from '../format.ts';
import { listPage } from '../list-page.ts';
import { newKeyNote, showNewKey } from '../new-key-note.ts';
import type { Tenant } from '../operator-types.ts';
import { emptyNote, panel } from '../panel.ts';
import type { TableColumn } from '../table.ts';
import { tenantForm } from '../tenant-form.ts';
import { type Page, settle, type ViewContext } from '../view.ts';
import { accessPlaces } from './keys.ts';

/** `#/access/tenants`: for keys of the operator's tenant: the tenants, made here, and given their first keys. */
export async function tenantsView({ api }: ViewContext): Promise<Page> {
  const rows = await settle(api.tenants());
  return {
    title: 'Tenants',
    refreshSeconds: 30,
    render: (route) =>
      listPage({
        title: 'Tenants',
        aside: accessPlaces('tenants'),
        lead: [newKeyNote(), rows.ok && panel({ title: 'New tenant' }, tenantForm())],
        panelTitle: 'Tenants',
        rows,
        columns: tenantColumns,
        keyOf: ({ id }) => id,
        textOf: ({ id, name }) => `${id} ${name}`,
        placeholder: 'Filter by name',
        empty: emptyNote('None.'),
        route,
      }),
  };
}

const days = (count: number) => `${count} d`;

const tenantColumns: TableColumn<Tenant>[] = [
  {
    id: 'name',
    title: 'Name',
    sortBy: ({ name }) => name,
    cell: ({ id, name }) => [h('span', { class: 'strong' }, name), h('small', { class: 'mono' }, id)],
  },
  { id: 'raw', title: 'Keeps raw data', cell: ({ rawRetentionDays }) => days(rawRetentionDays) },
  { id: 'rollups', title: 'Keeps rollups', cell: ({ rollupRetentionDays }) => days(rollupRetentionDays) },
  { id: 'budget', title: 'Series', cell: ({ cardinality }) => cardinality.maxSeries?.toLocaleString('en') ?? absent },
  { id: 'change', title: 'Key', cell: keyAction },
];

/** With it, the tenant makes its other keys by itself. */
function keyAction({ id, name }: Tenant): Child {
  const make: Action = {
    text: 'Make an admin key',
    async run(api) {
      showNewKey(await api.createTenantKey(id, { name: `${id} admin`, scopes: ['admin'] }));
      return 'made';
    },
  };
  return actionButtons(`tenant ${id}`, `Keys of ${name}`, [make]);
}
