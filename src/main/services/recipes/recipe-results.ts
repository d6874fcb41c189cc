import type { ExportManifest } from '../exports/export-model.ts'
import type { SweepLine } from '../sweeps/sweep.ts'
import type { RecipeTask } from './recipe-schema.ts'

/** What one task of a recipe came to. */
export interface TaskOutcome {
  readonly task: RecipeTask
  readonly lines: readonly SweepLine[]
  readonly exported: { readonly file: string; readonly contents: ExportManifest } | null
}

/** results.json in parts: the values of every window of every point may be more than one string can hold. */
export function* resultsJson(
  head: Readonly<Record<string, unknown>>,
  outcomes: ReadonlyMap<string, TaskOutcome>,
): Generator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"tasks":{`
  let task = 0
  for (const [name, { task: own, lines, exported }] of outcomes) {
    yield `${task++ === 0 ? '' : ','}${JSON.stringify(name)}:{"title":${JSON.stringify(own.title)},"lines":[`
    for (const [at, line] of lines.entries()) yield `${at === 0 ? '' : ','}${JSON.stringify(line)}`
    yield `],"export":${JSON.stringify(exported?.contents ?? null)}}`
  }
  yield '}}\n'
}
