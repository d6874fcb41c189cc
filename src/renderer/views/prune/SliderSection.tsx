import { useState } from 'react'
import type { SweepView } from '../../../contract/workbench/runs.ts'
import { useRemembered } from '../../app/remembered.ts'
import type { CurveChoice, CurveSeries } from '../../components/curve-data.ts'
import { CurveFrame } from '../../components/CurveFrame.tsx'
import { curveStyle } from '../../components/CurveMark.tsx'
import { CurveTable } from '../../components/CurveTable.tsx'
import { TopKSlider } from '../../components/TopKSlider.tsx'
import type { SliderScale } from '../../components/top-k-scale.ts'
import { CutBoxes } from './CutBoxes.tsx'
import { MeasureSelects } from './MeasureSelects.tsx'
import type { PruningOrder } from './use-order.ts'
import { useSliderPanels } from './use-panels.ts'
import styles from './prune.module.css'

/** The slider on its curves, the measures to choose from, and the exact numbers beside it. */
export function SliderSection({
  ranking,
  order,
  sweeps,
  k,
  onMove,
  onCommit,
}: {
  ranking: string
  order: PruningOrder
  sweeps: readonly SweepView[]
  k: number
  onMove: (k: number) => void
  onCommit: (k: number) => void
}) {
  const [scale, setScale] = useRemembered<SliderScale>('slider-scale', 'log')
  const [chosen, setChosen] = useState<{ forget: string | null; retain: string | null }>({ forget: null, retain: null })
  const { sweep, choices, forget, retain, panels } = useSliderPanels(sweeps, ranking, order, chosen)
  const series = panels.flatMap((panel) => panel.series)
  const max = order.rows.length
  return (
    <section className={styles.slider} aria-label="How many neurons go">
      <div className={styles.sliderHead}>
        {sweep ? (
          <>
            <MeasureSelects
              choices={choices}
              forget={forget}
              retain={retain}
              onChange={(change) => setChosen({ ...chosen, ...change })}
            />
          </>
        ) : (
          <span className={styles.quiet}>
            No sweep of this ranking yet: the line is the score of the k-th neuron. “Sweep k” measures the curves.
          </span>
        )}
        <span className={styles.push} />
        <CutBoxes k={k} order={order} scale={scale} onScale={setScale} onCommit={onCommit} />
      </div>
      <CurveFrame
        label="Measures over the number of pruned neurons, with 95 % intervals"
        legend={series.map((one) => ({
          key: one.key,
          label: legendLabel(one, one.side === 'forget' ? forget : retain),
          style: curveStyle(one.side, one.control),
        }))}
        table={
          <CurveTable
            series={series.filter((one) => one.key !== 'score')}
            neuronCount={order.neuronCount}
            onUse={(count) => onCommit(count)}
          />
        }
        keepsChart
      >
        <TopKSlider
          k={Math.min(k, max)}
          max={max}
          neuronCount={order.neuronCount}
          scale={scale}
          panels={panels}
          onMove={onMove}
          onCommit={onCommit}
        />
      </CurveFrame>
      {sweep?.stale != null && <p className={styles.missing}>The curves are out of date: {sweep.stale}.</p>}
    </section>
  )
}

/** Short, because the ranking is named above. */
function legendLabel(series: CurveSeries, choice: CurveChoice | null): string {
  if (!choice) return series.label
  const side = series.side === 'forget' ? 'Forget' : 'Retain'
  return series.control ? `${side}, random control` : `${side}: ${choice.name}`
}
