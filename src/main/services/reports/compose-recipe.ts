import { SnipError } from '../../../contract/failure.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { PinnedRankings, plansOf, type PlanFacts } from './plan-facts.ts'
import { freeName, type Keys, type LabelledTask, type NamedTask, type TaskKeys } from './recipe-keys.ts'
import { RecipePlans } from './recipe-plans.ts'
import { RecipeSources } from './recipe-sources.ts'
import { RecipeTasks } from './recipe-tasks.ts'

export interface ComposedRecipe {
  /** As it stands in YAML. */
  readonly recipe: Keys
  /** Files of the recipe's own folder, by name. */
  readonly files: ReadonlyMap<string, Iterable<string>>
  readonly notes: readonly string[]
}

/** The recipe of a workspace. `home` is the folder that its paths count from, `filesFolder` the name of the one beside it. */
export function composeRecipe(workspace: OpenWorkspace, home: string, filesFolder: string): ComposedRecipe {
  const { store, name } = workspace
  const rankings = new PinnedRankings(workspace)
  const sources = new RecipeSources(workspace, home, filesFolder)
  const model = store.get('model', 'model')
  if (model === null) {
    throw new SnipError('not-found', 'The workspace has no model, so there is nothing to do again', {
      remedy: 'Open a model first.',
    })
  }
  for (const id of store.all('recording').keys()) sources.recording(id)
  const { plans, missing } = plansOf(workspace, rankings)
  for (const sentence of missing) sources.notes.add(sentence)
  const tasks = composeTasks(workspace, sources, new RecipeTasks(workspace, sources, rankings), plans)
  const recipe = {
    version: 1,
    name,
    seed: sources.seed,
    model: sources.pathOf(model.place),
    ...(model.tokenizer === null ? {} : { tokenizer: sources.pathOf(model.tokenizer) }),
    recordings: sources.recordings,
    concepts: sources.concepts,
    tasks,
  }
  return { recipe, files: sources.files, notes: [...sources.notes] }
}

/** One task for each sweep, the one that the cut belongs to last: it says what the workspace is about. */
function composeTasks(
  workspace: OpenWorkspace,
  sources: RecipeSources,
  made: RecipeTasks,
  plans: readonly PlanFacts[],
): Record<string, TaskKeys> {
  const { store } = workspace
  const cut = plans.find(({ key }) => key === 'cut') ?? null
  const inTask = new Set<string>()
  const swept: NamedTask[] = []
  const names: Record<string, unknown> = {}
  for (const sweep of store.all('sweep').values()) {
    const composed = made.ofSweep(sweep)
    if (composed === null) continue
    const name = freeName(names, sweep.title)
    names[name] = true
    swept.push({ name, ...composed })
    for (const id of composed.labels.keys()) inTask.add(id)
  }
  const ofCut = swept.findLast(({ labels }) => cut?.ranking == null || labels.has(cut.ranking))
  const last: NamedTask = ofCut ?? { name: freeName(names, 'unlearning'), ...made.ofRuns(cut) }
  const others: LabelledTask = ofCut === undefined ? last : made.empty('Rankings that were not swept', ['0%'])
  for (const id of store.all('ranking').keys()) if (!inTask.has(id)) made.addRanking(others, id)
  const recipePlans = new RecipePlans(workspace, sources, plans)
  recipePlans.addTo(last)
  const tasks: Record<string, TaskKeys> = {}
  for (const { name, task } of swept) if (name !== last.name) tasks[name] = task
  if (ofCut !== undefined && Object.keys(others.task.rankings).length > 0) {
    tasks[freeName(names, 'rankings')] = others.task
  }
  recipePlans.addExports(tasks, last)
  return { ...tasks, [last.name]: last.task }
}
