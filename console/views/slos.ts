import type { Slo } from '../api-types.ts';
import { emptyWithCommand, heartbeatCommand } from '../command-box.ts';
import { type Child, h } from '../dom.ts';
import { formatCount } from '../format.ts';
import { emptyNote, loadedPanel, pageHeading } from '../panel.ts';
import { sloCard } from '../slo-card.ts';
import { type Page, settle, type ViewContext } from '../view.ts';

/** `#/slos`: every objective, with its budget and how fast it burns. */
export async function slosView({ api }: ViewContext): Promise<Page> {
  const slos = await settle(api.slos());
  return {
    title: 'Objectives',
    render: () => [
      pageHeading({ title: 'Service level objectives' }),
      loadedPanel({ title: 'All objectives', note: slos.ok && formatCount(slos.value.length) }, slos, (all) =>
        all.length === 0 ? emptyNote('None is defined.') : [sloCards(all), howToMeasure(all)],
      ),
    ],
  };
}

function sloCards(slos: readonly Slo[]): Child {
  const cards = slos.map((slo) =>
    h('div', { 'data-key': slo.id }, h('p', { class: 'slo-about' }, slo.description), sloCard(slo)),
  );
  return h('div', { class: 'slo-cards' }, cards);
}

function howToMeasure(slos: readonly Slo[]): Child {
  if (slos.some(({ asOf }) => asOf !== null)) return undefined;
  return emptyWithCommand('They are measured by the minute on heartbeats and task events:', heartbeatCommand());
}
