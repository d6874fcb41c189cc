import { useMemo } from 'react'
import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import { ActivationHistogram } from '../../components/ActivationHistogram.tsx'
import type { HistogramMark } from '../../components/ActivationHistogram.tsx'
import { formatCount } from '../../components/numbers.ts'
import { importanceHistogram } from './importance-histogram.ts'
import type { RankColumns } from './neuron-columns.ts'
import styles from './neurons.module.css'

interface PageChartsProps {
  readonly page: NeuronPage
  readonly ranks: RankColumns | null
  readonly k: number | null
}

/** The neuron's activations (forget over retain where both are recorded), and where it stands in the ranking. */
export function PageCharts({ page, ranks, k }: PageChartsProps) {
  const { forgetHistogram, retainHistogram } = page
  const series =
    forgetHistogram && retainHistogram
      ? [
          { name: 'retain', tone: 'retain' as const, ...retainHistogram },
          { name: 'forget', tone: 'forget' as const, ...forgetHistogram },
        ]
      : [{ name: 'recording', tone: 'neutral' as const, ...page.histogram }]
  const importance = useMemo(() => (ranks === null ? null : importanceHistogram(ranks.ordered, 48)), [ranks])
  const own = ranks?.importance[page.row] ?? Number.NaN
  const rank = ranks?.rank[page.row] ?? 0
  const cut = ranks === null || k === null || k === 0 ? undefined : ranks.ordered[Math.min(k, ranks.ranked) - 1]
  const marks: HistogramMark[] = []
  if (!Number.isNaN(own))
    marks.push({
      value: own,
      label: rank === 0 ? 'this neuron' : `this neuron, rank ${formatCount(rank)}:`,
      tone: 'here',
    })
  if (cut !== undefined && !Number.isNaN(cut)) marks.push({ value: cut, label: 'cut-off:', tone: 'cut' })
  return (
    <div className={styles.charts}>
      <ActivationHistogram title="Activations" counted="tokens" series={series} />
      {ranks !== null && importance !== null ? (
        <ActivationHistogram
          title={rank === 0 ? 'Importance (this neuron is not ranked)' : 'Importance of all ranked neurons'}
          counted="neurons"
          series={[{ name: 'ranking', tone: 'neutral', ...importance }]}
          marks={marks}
        />
      ) : (
        <p className={styles.soft}>No ranking yet: rank the neurons to see where this one stands.</p>
      )}
    </div>
  )
}
