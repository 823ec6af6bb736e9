import { actionButtons } from '../action-buttons.ts';
import { type Child, h } from '../dom.ts';
import { formatAge, formatCount, formatCountOf } from '../format.ts';
import { listPage } from '../list-page.ts';
import { choices, stateMark, timeMark } from '../marks.ts';
import type { QuarantineCount, QuarantinedRecord, Replayed } from '../operator-types.ts';
import { emptyNote, loadedPanel } from '../panel.ts';
import { hrefWith, type Route } from '../route.ts';
import { type TableColumn, table } from '../table.ts';
import { type Loaded, type Page, settle, type ViewContext } from '../view.ts';
import { intakePlaces } from './cardinality.ts';

const maxRecords = 500;

/** `#/intake/quarantine`, `?reason=`: what was not taken as it came, why, and the way to send it again. */
export async function quarantineView({ api, route, now }: ViewContext): Promise<Page> {
  const reason = route.query.get('reason') ?? '';
  const [counts, rows] = await Promise.all([
    settle(api.quarantineCounts()),
    settle(api.quarantine({ reason }, maxRecords)),
  ]);
  return {
    title: 'Quarantine',
    refreshSeconds: 30,
    render: (current) =>
      listPage({
        title: 'Quarantine',
        aside: intakePlaces('quarantine'),
        lead: countsPanel(counts, now, current),
        panelTitle: reason === '' ? 'Records, newest first' : `Records: ${reason}`,
        rows,
        columns: recordColumns(now),
        keyOf: ({ id }) => id,
        textOf: ({ source, kind, reason, detail, record }) => `${source} ${kind} ${reason} ${detail} ${record}`,
        placeholder: 'Filter by source, reason, content',
        choices: () => reasonChoices(counts, reason, current),
        empty: emptyNote('Nothing. Every record was taken as it came.'),
        route: current,
      }),
  };
}

function reasonChoices(counts: Loaded<QuarantineCount[]>, reason: string, route: Route): Child {
  const reasons = counts.ok ? [...new Set(counts.value.map((count) => count.reason))].sort() : [];
  if (reasons.length === 0 && reason === '') return undefined;
  return choices('Which records', [
    { text: 'all', href: hrefWith(route, { reason: undefined }), isCurrent: reason === '' },
    ...reasons.map((each) => ({ text: each, href: hrefWith(route, { reason: each }), isCurrent: reason === each })),
  ]);
}

function countsPanel(counts: Loaded<QuarantineCount[]>, now: number, route: Route): HTMLElement {
  const title = 'What is held';
  return loadedPanel({ title }, counts, (all) => {
    if (all.length === 0) return emptyNote('Nothing.');
    const keyOf = ({ source, kind, reason }: QuarantineCount) => `${source} ${kind} ${reason}`;
    return table({ label: title, columns: countColumns(now), rows: all, keyOf, route });
  });
}

function countColumns(now: number): TableColumn<QuarantineCount>[] {
  return [
    { id: 'reason', title: 'Reason', cell: ({ reason }) => h('b', {}, reason.replaceAll('_', ' ')) },
    { id: 'source', title: 'Came by', cell: ({ source }) => source },
    { id: 'kind', title: 'Kind', cell: ({ kind }) => kind },
    { id: 'records', title: 'Records', isNumber: true, cell: ({ records }) => formatCount(records) },
    { id: 'waiting', title: 'Waiting', isNumber: true, cell: ({ waiting }) => formatCount(waiting) },
    {
      id: 'last',
      title: 'Last',
      cell: ({ lastAt }) => timeMark(lastAt, formatAge((now - Date.parse(lastAt)) / 1000)),
    },
    {
      id: 'again',
      title: 'Again',
      cell: ({ source, kind, reason, waiting }) =>
        actionButtons(
          `quarantine ${source} ${kind} ${reason}`,
          `Send ${reason} ${kind} again`,
          waiting === 0
            ? []
            : [{ text: 'Send again', run: async (api) => outcomeText(await api.replay({ source, kind, reason })) }],
        ),
    },
  ];
}

function recordColumns(now: number): TableColumn<QuarantinedRecord>[] {
  return [
    {
      id: 'at',
      title: 'When',
      sortBy: ({ at }) => Date.parse(at),
      cell: ({ at }) => [timeMark(at), h('small', {}, formatAge((now - Date.parse(at)) / 1000))],
    },
    {
      id: 'reason',
      title: 'Why',
      sortBy: ({ reason }) => reason,
      cell: ({ reason, detail }) => [h('b', {}, reason.replaceAll('_', ' ')), h('small', {}, detail)],
    },
    { id: 'source', title: 'Came by', cell: ({ source, kind }) => [source, h('small', { class: 'nowrap' }, kind)] },
    { id: 'record', title: 'Record', cell: ({ record }) => h('code', { class: 'record', title: record }, record) },
    { id: 'state', title: 'State', cell: recordState },
  ];
}

function recordState({ id, reason, replayedAt }: QuarantinedRecord): Child {
  if (reason === 'clamped') return stateMark('stored', 'stored, at another time');
  if (replayedAt !== null) return stateMark('stored', 'sent again');
  return actionButtons(`quarantined ${id}`, 'Send this record again', [
    { text: 'Send again', run: async (api) => outcomeText(await api.replay({ ids: [id] })) },
  ]);
}

function outcomeText({ replayed, refused, more }: Replayed): string {
  const again = refused.length === 0 ? '' : `, ${formatCount(refused.length)} refused: ${refused[0]!.detail}`;
  return `${formatCountOf(replayed, 'record')} taken${again}${more ? '; there are more' : ''}`;
}
