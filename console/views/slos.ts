import { h } from '../dom.ts';
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
        all.length === 0
          ? emptyNote('None is defined.')
          : h(
              'div',
              { class: 'slo-cards' },
              all.map((slo) =>
                h('div', { 'data-key': slo.id }, h('p', { class: 'slo-about' }, slo.description), sloCard(slo)),
              ),
            ),
      ),
    ],
  };
}
