import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { rankingMethods } from '../../../core/ranking/registry.ts'
import { readJsonLines } from '../files-of-lines.ts'
import { staleRanking } from '../rankings/rankings.ts'
import { evaluationSets } from '../runs/evaluation-sets.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import type { PinnedRankings, PlanFacts } from './plan-facts.ts'
import { forgetConceptsBehind, readJson } from './recipe-inputs.ts'
import { cannot, freeName, measureKeys, type Keys, type LabelledTask, type TaskKeys } from './recipe-keys.ts'
import type { RecipeSources } from './recipe-sources.ts'

/** Tasks of a recipe with their rankings and measures, each from what the workspace holds. */
export class RecipeTasks {
  readonly #workspace: OpenWorkspace
  readonly #sources: RecipeSources
  readonly #rankings: PinnedRankings

  constructor(workspace: OpenWorkspace, sources: RecipeSources, rankings: PinnedRankings) {
    this.#workspace = workspace
    this.#sources = sources
    this.#rankings = rankings
  }

  /** The task of a sweep; null, with a note, when too little of it is there. */
  ofSweep(sweep: Documents['sweep']): LabelledTask | null {
    const { store } = this.#workspace
    const { notes, seed: usual } = this.#sources
    const job = readJson(this.#workspace.file(...sweep.folder.split('/'), 'job.json'), sweepJobSchema)
    if (job === null) {
      notes.add(`The sweep ${sweep.title} is left out: its folder ${sweep.folder} is gone or damaged`)
      return null
    }
    const { grid, seed, measures } = job.identity
    const { task, labels } = this.empty(sweep.title, grid.map(String))
    if (seed !== usual) task['seed'] = seed
    for (const { label, ranking, control } of sweep.rankings) {
      if (ranking !== null) {
        if (store.get('ranking', ranking) === null) notes.add(`A ranking of the sweep ${sweep.title} was removed`)
        else this.addRanking({ task, labels }, ranking, control)
        continue
      }
      const file = this.#workspace.file(...sweep.folder.split('/'), '..', 'rankings', `${label}.jsonl`)
      const sites = readFirst(file)?.params.sites ?? ['mlp']
      task.rankings[freeName(task.rankings, 'random')] = { method: 'random', params: { sites }, seed, pins: false }
    }
    for (const { label, dataset, name, side } of sweep.measures) {
      const known = measures.find(({ data }) => data === label)
      const source = dataset === null ? null : this.#sources.dataset(dataset)
      if (known === undefined || source === null) {
        notes.add(`The sweep ${sweep.title} measured on ${name}, which is no longer there`)
        continue
      }
      task.measures[freeName(task.measures, name)] = measureKeys(source, side, known.id, known.params, known.preset)
    }
    return labels.size === 0 || Object.keys(task.measures).length === 0 ? null : { task, labels }
  }

  /** A task for rankings that nothing swept; what runs measured is measured at the cut. */
  ofRuns(cut: PlanFacts | null): LabelledTask {
    const run = [...this.#workspace.store.all('run').values()].at(-1)
    const k = cut === null ? run?.k : cut.neurons.length
    const isLegal = run !== undefined && k !== undefined && k <= this.#fewestNeurons()
    const made = this.empty(this.#workspace.name, isLegal && k > 0 ? ['0%', String(k)] : ['0%'])
    if (run === undefined) return made
    const { task } = made
    if (run.seed !== this.#sources.seed && run.seed >= 0) task['seed'] = run.seed
    for (const { id, side, metric, document } of evaluationSets(this.#workspace)) {
      const source = this.#sources.dataset(id)
      const result = run.comparisons.find((comparison) => comparison.dataset === id)?.original
      if (source === null) continue
      task.measures[freeName(task.measures, document.name)] = measureKeys(
        source,
        side,
        metric,
        result?.params ?? {},
        null,
      )
    }
    return made
  }

  #fewestNeurons(): number {
    return Math.min(...[...this.#workspace.store.all('ranking').values()].map(({ neuronCount }) => neuronCount))
  }

  /** A task of nothing yet but the workspace's pins. */
  empty(title: string, grid: string[]): LabelledTask {
    const { always, never } = this.#rankings.pins
    const pins = always.length + never.length === 0 ? {} : { pins: { always, never } }
    const task: TaskKeys = { title, ...pins, rankings: {}, grid, measures: {} }
    return { task, labels: new Map() }
  }

  /** Adds a ranking: how it is made again or, where it cannot be, its file. */
  addRanking({ task, labels }: LabelledTask, id: string, isControl = false): void {
    const document = this.#workspace.store.get('ranking', id)!
    const label = freeName(task.rankings, document.method)
    let keys: Keys
    try {
      keys = this.#rankingKeys(id, document)
    } catch (error) {
      if (!(error instanceof SnipError)) throw error
      keys = { file: this.#sources.inWorkspace(document.file) }
      this.#sources.notes.add(`The ranking ${document.name} is taken from its file: ${error.message}`)
    }
    if (isControl && this.#workspace.store.get('cut', 'cut')?.ranking !== id) keys['pins'] = false
    labels.set(id, label)
    task.rankings[label] = keys
  }

  /** How a ranking is made again. Throws why it cannot be. */
  #rankingKeys(id: string, document: Documents['ranking']): Keys {
    const { method, preset, params, seed, inputs } = document
    const member = rankingMethods.find((one) => one.id === method)
    if (member === undefined) throw cannot(`this program knows no method ${method}`)
    const stale = staleRanking(document, this.#workspace)
    if (stale?.startsWith('The model changed') === true) throw cannot('it was made of another model')
    const keys: Keys = { method, ...(preset === null ? {} : { preset }), params, ...(seed === null ? {} : { seed }) }
    for (const need of member.needs) {
      switch (need) {
        case 'concepts':
          keys['concepts'] = this.#sources.conceptsOf(id, inputs.recording)
          break
        case 'forgetConcepts': {
          const list = forgetConceptsBehind(this.#workspace, id)
          if (list === null || list.length === 0) throw cannot('its forget concepts changed since')
          keys['forgetConcepts'] = { list }
          break
        }
        case 'embeddings':
          if (inputs.embedder !== undefined) throw cannot(`a recipe has no embedder ${inputs.embedder}`)
          if (inputs.protectedConcepts !== undefined) throw cannot('a recipe has no protected concepts')
          keys['embedder'] = 'subject-sif'
          break
        case 'forgetStatistics':
          keys['forget'] = this.#sources.requireRecording(inputs.forget)
          break
        case 'retainStatistics':
          keys['retain'] = this.#sources.requireRecording(inputs.retain)
          break
        case 'conceptRatings':
          throw cannot('its ratings come from a language model')
      }
    }
    return keys
  }
}

const headerSchema = z.object({ params: z.object({ sites: z.array(z.string()) }) })

function readFirst(path: string): z.infer<typeof headerSchema> | null {
  try {
    return headerSchema.safeParse(readJsonLines(path, z.unknown(), 'a ranking')[0]).data ?? null
  } catch {
    return null
  }
}

const sweepJobSchema = z.object({
  identity: z.object({
    grid: z.array(z.union([z.string(), z.number()])),
    seed: z.number(),
    measures: z.array(
      z.object({
        data: z.string(),
        id: z.string(),
        preset: z.string().nullable(),
        params: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
})
