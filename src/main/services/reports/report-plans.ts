import { html, type Html } from '../../../core/report/html.ts'
import { countOf, formatCount, formatNumber } from '../../../core/report/numbers.ts'
import type { ReportFacts } from './report-facts.ts'
import { bdi, digits, hash, nothing, section, table, type Column } from './report-parts.ts'

/** What each plan removes: its share of each layer, and its first neurons with their concepts. */
export function plansSection({ plans }: ReportFacts): Html {
  if (plans.length === 0) return section('Neurons removed', nothing('No cut was chosen and no plan saved.'))
  return section(
    'Neurons removed',
    plans.map((plan) => {
      const { name, madeFrom, neurons, neuronCount, layers, first, planHash } = plan
      const percent = neuronCount === null || neuronCount === 0 ? null : (100 * neurons.length) / neuronCount
      const share =
        percent === null
          ? ''
          : html` (${digits(`${formatNumber(percent)} %`, percent)} of ${formatCount(neuronCount ?? 0)})`
      const layerColumns: Column<(typeof layers)[number]>[] = [
        { name: 'Site', row: true, cell: ({ site }) => site },
        { name: 'Layer', number: true, cell: ({ layer }) => String(layer) },
        { name: 'Removed', number: true, cell: ({ removed }) => digits(formatCount(removed), removed) },
        { name: 'Of', number: true, cell: ({ width }) => (width === null ? 'unknown' : formatCount(width)) },
        {
          name: 'Share',
          number: true,
          cell: ({ removed, width }) =>
            width === null || width === 0
              ? 'unknown'
              : digits(`${formatNumber((100 * removed) / width)} %`, (100 * removed) / width),
        },
      ]
      const firstColumns: Column<(typeof first)[number]>[] = [
        { name: 'Neuron', row: true, cell: ({ neuron }) => html`<code class="id">${neuron}</code>` },
        {
          name: 'Importance',
          number: true,
          cell: ({ score, pinned }) =>
            html`${score === null ? 'none' : digits(formatNumber(score), score)}${pinned ? ', pinned' : ''}`,
        },
        { name: 'Concept', cell: ({ concept }) => (concept === null ? 'none' : bdi(concept)) },
      ]
      const listed =
        first.length < neurons.length
          ? `The first ${first.length} of ${countOf(neurons.length, 'neuron')}`
          : countOf(neurons.length, 'neuron')
      return html`<h3>${bdi(name)}</h3>
        <p>${countOf(neurons.length, 'neuron')}${share}, made from ${bdi(madeFrom)}. Plan hash ${hash(planHash)}</p>
        ${neurons.length === 0 ? '' : [table(html`${bdi(name)}: neurons removed in each layer`, layerColumns, layers), table(html`${bdi(name)}: ${listed} with their concepts`, firstColumns, first)]}`
    }),
  )
}
