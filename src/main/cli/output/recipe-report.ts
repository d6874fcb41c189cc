import { relative } from 'node:path'
import type { TaskOutcome } from '../../services/recipes/recipe-results.ts'
import type { RecipeOutcome } from '../../services/recipes/run-recipe.ts'
import type { SweepLine } from '../../services/sweeps/sweep.ts'
import { formatBytes, formatNumber, formatResult } from './numbers.ts'
import { shortenLine } from './sweep-line.ts'
import { formatTable, type Align } from './table.ts'

/** One table per task: a row for each ranking and k, a column for each measure that the recipe shows. */
export function describeRecipe({ out, recipe, tasks }: RecipeOutcome): string {
  const parts = [`${recipe.name}\n`]
  for (const [name, outcome] of tasks) parts.push(describeTask(name, outcome, out))
  parts.push(`All results: ${out}/results.json\n`)
  return parts.join('\n')
}

function describeTask(name: string, { task, lines, exported }: TaskOutcome, out: string): string {
  const columns = Object.entries(task.measures).flatMap(([label, { show, role }]) =>
    show.map((estimator) => ({ label, estimator, heading: `${label} ${estimator} (${role})` })),
  )
  const heading = ['ranking', 'k', 'share', ...columns.map((column) => column.heading)]
  const rows = groupByPoint(lines).map((point) => {
    const [first] = point
    const cells = columns.map(({ label, estimator }) => {
      const result = point.find((line) => line.data === label)?.results[estimator]
      return result === undefined ? 'not measured' : formatResult(result)
    })
    const control = first?.controlOf === undefined ? '' : ` (control of ${first.controlOf})`
    return [`${first?.ranking}${control}`, String(first?.k), `${(100 * (first?.fraction ?? 0)).toFixed(2)} %`, ...cells]
  })
  const align: Align[] = ['left', 'right', 'right', ...columns.map(() => 'left' as const)]
  const title = `${task.title || name}  [95 % intervals]\n`
  const footer = exported === null ? '' : `${describeExport(exported, out)}\n`
  return `${title}${formatTable([heading, ...rows], align)}${footer}`
}

function groupByPoint(lines: readonly SweepLine[]): SweepLine[][] {
  const groups = new Map<string, SweepLine[]>()
  for (const line of lines) {
    const key = JSON.stringify([line.ranking, line.k, line.controlOf])
    const group = groups.get(key)
    if (group) group.push(line)
    else groups.set(key, [line])
  }
  return [...groups.values()]
}

function describeExport({ file, contents }: NonNullable<TaskOutcome['exported']>, out: string): string {
  const { verification, files, plan, realisation } = contents
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0)
  const text = verification.sameGreedyText ? 'same greedy text' : 'other greedy text'
  return (
    `Exported ${out}/${relative(out, file)}: ${realisation}, ${plan.neurons.length} neurons removed, ${formatBytes(bytes)}; ` +
    `reloaded and compared with the masked model: largest logit difference ${formatNumber(verification.maxAbsLogit)}, ${text}.`
  )
}

/** The outcome for programs, without the values per unit, which stand in results.json. */
export function recipeJson({ out, recipe, modelHash, tasks }: RecipeOutcome) {
  return {
    out,
    name: recipe.name,
    modelHash,
    tasks: Object.fromEntries(
      [...tasks].map(([name, { lines, exported }]) => [
        name,
        { points: lines.map(shortenLine), export: exported && { file: exported.file, ...exported.contents } },
      ]),
    ),
  }
}
