import type { SweepPointView, SweepView } from '../../../contract/workbench/runs.ts'
import { curveSvg, type Curve } from '../../../core/report/curve-svg.ts'
import { html, type Html } from '../../../core/report/html.ts'
import { countOf, formatCount, formatMoment, measureStyle } from '../../../core/report/numbers.ts'
import { summary } from './report-measures.ts'
import { bdi, nothing, section, table, type Column } from './report-parts.ts'

/** Measures over k of every sweep: a picture for each measure, and its numbers after it. */
export function curvesSection(sweeps: readonly SweepView[]): Html {
  return section('Curves over k', sweeps.length === 0 ? nothing('Nothing was swept.') : sweeps.map(sweepPart))
}

/** Too skewed for a picture: a few windows decide them. Their numbers stand in tables. */
const undrawn: ReadonlySet<string> = new Set(['perplexityExpMean', 'perplexityMeanExp', 'top10'])

function sweepPart({ title, at, stale, points }: SweepView): Html {
  const choices = new Map<
    string,
    { readonly dataset: string; readonly estimator: string; readonly first: SweepPointView }
  >()
  for (const point of points) {
    const dataset = point.dataset ?? point.name
    for (const estimator of Object.keys(point.results)) {
      const key = JSON.stringify([dataset, estimator])
      if (!choices.has(key)) choices.set(key, { dataset, estimator, first: point })
    }
  }
  const state = stale === null ? '' : ` Out of date: ${stale}.`
  return html`<h3>${bdi(title)}</h3>
    <p class="soft">${countOf(points.length, 'point')}, ${formatMoment(at)}.${state} Intervals are 95 %.</p>
    ${[...choices.values()].map(({ dataset, estimator, first }) =>
      measurePart(
        title,
        points.filter((point) => (point.dataset ?? point.name) === dataset),
        estimator,
        first,
      ),
    )}`
}

interface Line {
  readonly label: string
  readonly control: boolean
  readonly at: ReadonlyMap<number, SweepPointView>
}

function measurePart(title: string, points: readonly SweepPointView[], estimator: string, first: SweepPointView): Html {
  const lines = new Map<string, { label: string; control: boolean; at: Map<number, SweepPointView> }>()
  for (const point of points) {
    if (point.results[estimator] === undefined) continue
    const key = point.rankingId ?? point.ranking
    const line = lines.get(key) ?? {
      label: point.ranking,
      control: point.control,
      at: new Map<number, SweepPointView>(),
    }
    line.at.set(point.k, point)
    lines.set(key, line)
  }
  const names = shortNames([...lines.values()].map(({ label }) => label))
  const own = [...lines.values()]
    .map((line, at) => {
      const label = names[at] as string
      return { ...line, label: line.control && !/control/i.test(label) ? `${label} (random control)` : label }
    })
    .toSorted((a, b) => Number(a.control) - Number(b.control))
  const ks = [...new Set(own.flatMap((line) => [...line.at.keys()]))].toSorted((a, b) => a - b)
  const wanted = first.side === 'forget' ? 'to be forgotten' : 'to be kept'
  const heading = `${measureStyle(estimator).name} on ${first.name} (${wanted})`
  const columns: Column<number>[] = [
    { name: 'k', row: true, number: true, cell: (k) => formatCount(k) },
    ...own.map((line): Column<number> => ({
      name: bdi(line.label),
      number: true,
      cell: (k) => {
        const result = line.at.get(k)?.results[estimator]
        return result === undefined ? 'not measured' : summary(result)
      },
    })),
  ]
  const curves = own.map((line) => curveOf(line, estimator)).filter(({ points: drawn }) => drawn.length > 0)
  const picture =
    undrawn.has(estimator) || curves.length === 0 ? '' : curveSvg(curves, estimator, `${heading}, ${title}`)
  return html`<h4>${bdi(heading)}</h4>
    ${picture}${table(html`${bdi(`${heading}, ${title}`)}: values by number of neurons removed`, columns, ks)}`
}

function curveOf({ label, control, at }: Line, estimator: string): Curve {
  const points = [...at]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([k, point]) => {
      const result = point.results[estimator]
      return result?.ok === true ? [{ k, value: result.value, low: result.ci.low, high: result.ci.high }] : []
    })
  return { label, control, points }
}

/** Names without the part behind the last comma that all of them share: "SNIP, Forget Python" becomes "SNIP". */
function shortNames(names: readonly string[]): readonly string[] {
  const tails = new Set(names.map((name) => /, [^,]*$/.exec(name)?.[0]))
  const [tail] = tails
  return tails.size !== 1 || tail === undefined || names.length < 2
    ? names
    : names.map((name) => name.slice(0, -tail.length))
}
