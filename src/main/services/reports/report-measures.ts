import type { Comparison, Summary } from '../../../contract/workbench/runs.ts'
import { html, type Html } from '../../../core/report/html.ts'
import { formatCount, formatMoment, measureStyle } from '../../../core/report/numbers.ts'
import type { MeasuredPlan } from './measured-plans.ts'
import { bdi, hash, measure, nothing, section, table, type Column } from './report-parts.ts'

/** The original and the unlearned model side by side, with intervals and paired changes. */
export function measuresSection(measured: readonly MeasuredPlan[]): Html {
  if (measured.length === 0) return section('Measures', nothing('No plan was measured.'))
  return section(
    'Measures',
    html`<p class="soft">Intervals are 95 %. Changes are unlearned minus original over the same units.</p>`,
    measured.map(tableOf),
  )
}

function tableOf({ title, source, k, planHash, at, stale, comparisons }: MeasuredPlan): Html {
  return html`<h3>${bdi(title)}</h3>
    <p>
      k = ${formatCount(k)}, ${bdi(source)}, ${formatMoment(at)}${stale === null ? '' : `. Out of date: ${stale}`}. Plan
      hash ${hash(planHash)}
    </p>
    ${table(html`${bdi(title)}: original and unlearned`, columns, comparisons)}`
}

const columns: readonly Column<Comparison>[] = [
  { name: 'Data', row: true, cell: ({ name }) => bdi(name) },
  {
    name: 'Should be',
    cell: ({ side }) => html`<span class="${side}">${side === 'forget' ? 'forgotten' : 'kept'}</span>`,
  },
  { name: 'Measure', cell: ({ estimator }) => measureStyle(estimator).name },
  { name: 'Original', number: true, cell: ({ original }) => summary(original) },
  { name: 'Unlearned', number: true, cell: ({ unlearned }) => summary(unlearned) },
  {
    name: 'Change',
    number: true,
    cell: ({ delta, estimator }) => (delta === null ? 'none' : measure(delta, estimator, true)),
  },
  {
    name: 'n',
    number: true,
    cell: ({ original }) => (original.ok ? `${formatCount(original.n)} ${original.unit}s` : 'none'),
  },
  { name: 'Seed', number: true, cell: ({ unlearned }) => String(unlearned.seed ?? 'none') },
]

/** A value with its interval, or why there is none. */
export function summary(result: Summary): Html {
  if (!result.ok) return html`not measured: ${result.failure.message}`
  const { value, ci, estimator } = result
  return measure({ value, low: ci.low, high: ci.high }, estimator)
}
