import { useMemo } from 'react'
import type { SweepView } from '../../../contract/workbench/runs.ts'
import {
  type CurveChoice,
  type CurveSeries,
  curveChoices,
  firstChoices,
  newestSweepOf,
  seriesOf,
} from '../../components/curve-data.ts'
import { axisTitle } from '../../components/measure-words.ts'
import type { SliderPanel } from '../../components/TopKSlider.tsx'
import type { PruningOrder } from './use-order.ts'

/** Points of the line of scores that stands above the slider before anything was swept. */
const scorePoints = 400

export interface SliderPanels {
  readonly sweep: SweepView | null
  readonly choices: readonly CurveChoice[]
  readonly forget: CurveChoice | null
  readonly retain: CurveChoice | null
  readonly panels: readonly SliderPanel[]
}

/** What stands above the slider: the chosen measures of the newest sweep of the ranking, else the scores themselves. */
export function useSliderPanels(
  sweeps: readonly SweepView[],
  ranking: string | null,
  order: PruningOrder | null,
  chosen: { forget: string | null; retain: string | null },
): SliderPanels {
  return useMemo(() => {
    const sweep = ranking === null ? null : newestSweepOf(sweeps, ranking)
    if (!sweep || ranking === null) {
      return { sweep: null, choices: [], forget: null, retain: null, panels: order ? [scorePanel(order)] : [] }
    }
    const choices = curveChoices(sweep.points)
    const first = firstChoices(choices)
    const pick = (key: string | null, fallback: CurveChoice | null) =>
      choices.find((choice) => choice.key === key) ?? fallback
    const forget = pick(chosen.forget, first.forget)
    const retain = pick(chosen.retain, first.retain)
    const series = [forget, retain].flatMap((choice) => (choice ? seriesOf(sweep.points, choice, ranking) : []))
    return { sweep, choices, forget, retain, panels: panelsOf(series) }
  }, [sweeps, ranking, order, chosen.forget, chosen.retain])
}

/** Curves of one estimator share an axis; others get a panel of their own. */
function panelsOf(series: readonly CurveSeries[]): SliderPanel[] {
  const estimators = [...new Set(series.map((one) => one.estimator))]
  return estimators.map((estimator) => ({
    key: estimator,
    title: axisTitle(estimator),
    series: series.filter((one) => one.estimator === estimator),
  }))
}

function scorePanel(order: PruningOrder): SliderPanel {
  const points = []
  const count = order.scores.length
  const step = Math.max(1, Math.floor(count / scorePoints))
  for (let position = order.pinnedAlways; position < count; position += step) {
    const value = order.scores[position] ?? Number.NaN
    if (Number.isFinite(value)) points.push({ k: position + 1, value, low: value, high: value })
  }
  const series: CurveSeries = {
    key: 'score',
    label: 'Score of the k-th neuron',
    name: 'score',
    side: 'forget',
    control: true,
    method: 'score',
    ranking: null,
    estimator: 'score',
    points,
  }
  return { key: 'score', title: 'score of the k-th neuron', series: [series] }
}
