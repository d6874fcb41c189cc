import { isAbsolute, relative, sep } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { planSchema } from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import { rankingMethods } from '../../../core/ranking/registry.ts'
import { readJsonLines, jsonLines } from '../files-of-lines.ts'
import { staleRanking } from '../rankings/rankings.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import { evaluationSets } from '../runs/evaluation-sets.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import type { Place } from '../workspace/places.ts'
import { hashOfNeurons, PinnedRankings, plansOf, type PlanFacts } from './plan-facts.ts'
import { conceptsBehind, forgetConceptsBehind, readJson } from './recipe-inputs.ts'

type Keys = Record<string, unknown>

interface TaskKeys extends Keys {
  rankings: Record<string, Keys>
  grid: string[]
  measures: Record<string, Keys>
  plans?: Record<string, Keys>
  export?: Keys
}

export interface ComposedRecipe {
  /** As it stands in YAML. */
  readonly recipe: Keys
  /** Files of the recipe's own folder, by name. */
  readonly files: ReadonlyMap<string, Iterable<string>>
  readonly notes: readonly string[]
}

/** The recipe of a workspace. `home` is the folder that its paths count from, `filesFolder` the name of the one beside it. */
export function composeRecipe(workspace: OpenWorkspace, home: string, filesFolder: string): ComposedRecipe {
  return new Composer(workspace, home, filesFolder).compose()
}

class Composer {
  readonly #workspace: OpenWorkspace
  readonly #home: string
  readonly #filesFolder: string
  readonly #files = new Map<string, Iterable<string>>()
  readonly #notes = new Set<string>()
  readonly #recordings: Record<string, Keys> = {}
  readonly #recordingNames = new Map<string, string | null>()
  readonly #concepts: Record<string, Keys> = {}
  readonly #conceptNames = new Map<string, string>()
  readonly #rankings: PinnedRankings
  readonly #seed: number

  constructor(workspace: OpenWorkspace, home: string, filesFolder: string) {
    this.#workspace = workspace
    this.#home = home
    this.#filesFolder = filesFolder
    this.#rankings = new PinnedRankings(workspace)
    const evidence = evidenceInUse(workspace)
    this.#seed = Math.max(0, evidence === null ? 1 : (workspace.store.get('recording', evidence)?.seed ?? 1))
  }

  compose(): ComposedRecipe {
    const { store, name } = this.#workspace
    const model = store.get('model', 'model')
    if (model === null) {
      throw new SnipError('not-found', 'The workspace has no model, so there is nothing to do again', {
        remedy: 'Open a model first.',
      })
    }
    for (const id of store.all('recording').keys()) this.#recording(id)
    const { plans, missing } = plansOf(this.#workspace, this.#rankings)
    for (const sentence of missing) this.#notes.add(sentence)
    const tasks = this.#tasks(plans)
    const recipe = {
      version: 1,
      name,
      seed: this.#seed,
      model: this.#pathOf(model.place),
      ...(model.tokenizer === null ? {} : { tokenizer: this.#pathOf(model.tokenizer) }),
      recordings: this.#recordings,
      concepts: this.#concepts,
      tasks,
    }
    return { recipe, files: this.#files, notes: [...this.#notes] }
  }

  /** One task for each sweep, the one that the cut belongs to last: it says what the workspace is about. */
  #tasks(plans: readonly PlanFacts[]): Record<string, TaskKeys> {
    const { store } = this.#workspace
    const cut = plans.find(({ key }) => key === 'cut') ?? null
    const inTask = new Set<string>()
    const swept: { readonly name: string; readonly task: TaskKeys; readonly labels: Map<string, string> }[] = []
    const names: Record<string, unknown> = {}
    for (const sweep of store.all('sweep').values()) {
      const composed = this.#sweepTask(sweep)
      if (composed === null) continue
      const name = freeName(names, sweep.title)
      names[name] = true
      swept.push({ name, ...composed })
      for (const id of composed.labels.keys()) inTask.add(id)
    }
    const last =
      swept.findLast(({ labels }) => cut?.ranking == null || labels.has(cut.ranking)) ??
      this.#plainTask(freeName(names, 'unlearning'), cut)
    const isSwept = swept.some(({ task }) => task === last.task)
    const others = isSwept
      ? { task: this.#newTask('Rankings that were not swept', ['0%']), labels: new Map<string, string>() }
      : last
    for (const id of store.all('ranking').keys()) {
      if (!inTask.has(id)) this.#addRanking(others.task, others.labels, id)
    }
    this.#addPlans(last, plans)
    const tasks: Record<string, TaskKeys> = {}
    for (const { name, task } of swept) if (name !== last.name) tasks[name] = task
    if (isSwept && Object.keys(others.task.rankings).length > 0) tasks[freeName(names, 'rankings')] = others.task
    this.#addExports(tasks, last, plans)
    return { ...tasks, [last.name]: last.task }
  }

  #sweepTask(sweep: Documents['sweep']): { task: TaskKeys; labels: Map<string, string> } | null {
    const { store } = this.#workspace
    const job = readJson(this.#workspace.file(...sweep.folder.split('/'), 'job.json'), sweepJobSchema)
    if (job === null) {
      this.#notes.add(`The sweep ${sweep.title} is left out: its folder ${sweep.folder} is gone or damaged`)
      return null
    }
    const { grid, seed, measures } = job.identity
    const task = this.#newTask(sweep.title, grid.map(String))
    if (seed !== this.#seed) task['seed'] = seed
    const labels = new Map<string, string>()
    for (const { label, ranking, control } of sweep.rankings) {
      if (ranking !== null) {
        if (store.get('ranking', ranking) === null) this.#notes.add(`A ranking of the sweep ${sweep.title} was removed`)
        else this.#addRanking(task, labels, ranking, control)
        continue
      }
      const file = this.#workspace.file(...sweep.folder.split('/'), '..', 'rankings', `${label}.jsonl`)
      const sites = readFirst(file)?.params.sites ?? ['mlp']
      task.rankings[freeName(task.rankings, 'random')] = { method: 'random', params: { sites }, seed, pins: false }
    }
    for (const { label, dataset, name, side } of sweep.measures) {
      const known = measures.find(({ data }) => data === label)
      const source = dataset === null ? null : this.#dataset(dataset)
      if (known === undefined || source === null) {
        this.#notes.add(`The sweep ${sweep.title} measured on ${name}, which is no longer there`)
        continue
      }
      task.measures[freeName(task.measures, name)] = measureKeys(source, side, known.id, known.params, known.preset)
    }
    return labels.size === 0 || Object.keys(task.measures).length === 0 ? null : { task, labels }
  }

  /** A task for rankings that nothing swept; what runs measured is measured at the cut. */
  #plainTask(name: string, cut: PlanFacts | null): { name: string; task: TaskKeys; labels: Map<string, string> } {
    const run = [...this.#workspace.store.all('run').values()].at(-1)
    const k = cut === null ? run?.k : cut.neurons.length
    const isLegal = run !== undefined && k !== undefined && k <= this.#fewestNeurons()
    const task = this.#newTask(this.#workspace.name, isLegal && k > 0 ? ['0%', String(k)] : ['0%'])
    if (run === undefined) return { name, task, labels: new Map<string, string>() }
    if (run.seed !== this.#seed && run.seed >= 0) task['seed'] = run.seed
    for (const { id, side, metric, document } of evaluationSets(this.#workspace)) {
      const source = this.#dataset(id)
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
    return { name, task, labels: new Map<string, string>() }
  }

  #fewestNeurons(): number {
    return Math.min(...[...this.#workspace.store.all('ranking').values()].map(({ neuronCount }) => neuronCount))
  }

  #newTask(title: string, grid: string[]): TaskKeys {
    const { always, never } = this.#rankings.pins
    const pins = always.length + never.length === 0 ? {} : { pins: { always, never } }
    return { title, ...pins, rankings: {}, grid, measures: {} }
  }

  #addRanking(task: TaskKeys, labels: Map<string, string>, id: string, isControl = false): void {
    const document = this.#workspace.store.get('ranking', id)!
    const label = freeName(task.rankings, document.method)
    let keys: Keys
    try {
      keys = this.#rankingKeys(id, document)
    } catch (error) {
      if (!(error instanceof SnipError)) throw error
      keys = { file: this.#inWorkspace(document.file) }
      this.#notes.add(`The ranking ${document.name} is taken from its file: ${error.message}`)
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
          keys['concepts'] = this.#conceptsOf(id, inputs.recording)
          break
        case 'forgetConcepts': {
          const list = forgetConceptsBehind(this.#workspace, id)
          if (list === null || list.length === 0) throw cannot('its forget concepts changed since')
          keys['forgetConcepts'] = { list }
          break
        }
        case 'embeddings':
          keys['embedder'] = 'subject-sif'
          break
        case 'forgetStatistics':
          keys['forget'] = this.#requireRecording(inputs.forget)
          break
        case 'retainStatistics':
          keys['retain'] = this.#requireRecording(inputs.retain)
          break
      }
    }
    return keys
  }

  #conceptsOf(ranking: string, recording: string | null): string {
    const source = conceptsBehind(this.#workspace, ranking, this.#seed)
    if (source === null) throw cannot('its concepts changed since')
    const recorded = this.#requireRecording(recording)
    const key = JSON.stringify([recorded, source.kind === 'list' ? source.hash : source.explainer])
    const known = this.#conceptNames.get(key)
    if (known !== undefined) return known
    const name = freeName(this.#concepts, source.kind === 'list' ? 'concepts' : source.explainer)
    if (source.kind === 'list') {
      this.#files.set(`${name}.jsonl`, jsonLines(source.concepts))
      this.#concepts[name] = { recording: recorded, file: `${this.#filesFolder}/${name}.jsonl` }
    } else {
      this.#concepts[name] = { recording: recorded, explainer: source.explainer, sites: source.sites }
    }
    this.#conceptNames.set(key, name)
    return name
  }

  #requireRecording(id: string | null): string {
    const name = id === null ? null : this.#recording(id)
    if (name === null) throw cannot('a recording that it was made from is no longer there')
    return name
  }

  /** Name of a recording in the recipe; null when its data are not known. */
  #recording(id: string): string | null {
    const known = this.#recordingNames.get(id)
    if (known !== undefined) return known
    const document = this.#workspace.store.get('recording', id)
    const source = document?.dataset == null ? null : this.#dataset(document.dataset)
    let name: string | null = null
    if (document !== null && source === null) {
      this.#notes.add(`The recording of ${document.data} is left out: its data set is no longer there`)
    } else if (document !== null) {
      const { window, sites, seed, data, folder } = document
      name = freeName(this.#recordings, data)
      const job = readJson(this.#workspace.file(...folder.split('/'), 'job.json'), recordJobSchema)
      const tokens = job === null ? document.tokens : job.identity.tokens
      this.#recordings[name] = {
        ...source,
        ...(tokens === null ? {} : { tokens }),
        window,
        sites,
        ...(seed === this.#seed ? {} : { seed }),
      }
    }
    this.#recordingNames.set(id, name)
    return name
  }

  /** A data set as a recipe names it; null when the workspace has it no more. */
  #dataset(id: string): Keys | null {
    const document = this.#workspace.store.get('dataset', id)
    if (document === null) return null
    const { textColumn, where, sample, seed, split } = document.mapping
    return {
      data: this.#pathOf(document.place),
      ...(document.kind === 'cloze' ? { split } : {}),
      ...(textColumn === null ? {} : { textColumn }),
      ...(where === null ? {} : { where }),
      ...(sample === null ? {} : { sample, ...(seed === this.#seed ? {} : { sampleSeed: seed }) }),
    }
  }

  #addPlans({ task, labels }: { task: TaskKeys; labels: Map<string, string> }, plans: readonly PlanFacts[]): void {
    const own: Record<string, Keys> = {}
    for (const plan of plans) {
      if (plan.neurons.length === 0) continue
      own[this.#planName(own, plan)] = this.#planKeys(plan, plan.key === 'cut' ? labels : new Map<string, string>())
    }
    if (Object.keys(own).length > 0) task.plans = own
  }

  #planName(own: Record<string, unknown>, plan: PlanFacts): string {
    const name = plan.key === 'cut' ? 'cut' : freeName({ ...own, cut: true }, plan.name)
    this.#planNames.set(plan.planHash, this.#planNames.get(plan.planHash) ?? name)
    return name
  }

  readonly #planNames = new Map<string, string>()

  /** The top of a ranking where it is one; a saved plan by its file. */
  #planKeys({ key, neurons, ranking, neuronCount }: PlanFacts, labels: ReadonlyMap<string, string>): Keys {
    const label = ranking === null ? undefined : labels.get(ranking)
    if (label !== undefined && neuronCount !== null && neurons.length <= neuronCount) {
      return { ranking: label, top: String(neurons.length) }
    }
    const saved = this.#workspace.store.get('plan', key)
    return saved === null ? { neurons } : { file: this.#inWorkspace(saved.file) }
  }

  /** What was exported, each plan and way of writing once: with the last task, or in tasks of their own before it. */
  #addExports(
    tasks: Record<string, TaskKeys>,
    last: { name: string; task: TaskKeys },
    plans: readonly PlanFacts[],
  ): void {
    const cutHash = plans.find(({ key }) => key === 'cut')?.planHash
    const done = new Set<string>()
    const exports = [...this.#workspace.store.all('export').values()]
    // The one of the cut comes first, so that it stands with the cut.
    for (const one of exports.toSorted((a, b) => Number(b.planHash === cutHash) - Number(a.planHash === cutHash))) {
      const { planHash, realisation, name, manifestFile } = one
      if (done.has(`${planHash} ${realisation}`)) continue
      done.add(`${planHash} ${realisation}`)
      const plan = this.#planNames.get(planHash)
      if (plan !== undefined && last.task.export === undefined) {
        last.task.export = { plan, realisation }
        continue
      }
      const neurons = this.#neuronsOf(manifestFile, planHash)
      if (neurons === null) {
        this.#notes.add(`The export ${name} is left out: its manifest is gone, so its neurons are not known`)
        continue
      }
      const task = freeName({ ...tasks, [last.name]: true }, `export-${name.replace(/\.onnx$/i, '')}`)
      const exported = { plan: 'exported', realisation }
      tasks[task] = {
        title: one.title,
        rankings: {},
        grid: ['0%'],
        measures: {},
        plans: { exported: { neurons } },
        export: exported,
      }
    }
  }

  #neuronsOf(manifestFile: string, planHash: string): readonly NeuronId[] | null {
    const path = isAbsolute(manifestFile) ? manifestFile : this.#workspace.file(...manifestFile.split('/'))
    const neurons = readJson(path, manifestSchema)?.plan.neurons ?? null
    return neurons !== null && hashOfNeurons(neurons) === planHash ? neurons : null
  }

  #inWorkspace(file: string): string {
    return this.#pathOf({ base: 'workspace', path: file })
  }

  /** From the recipe's folder for what lies in the workspace, so that both can be moved together; else absolute. */
  #pathOf(place: Place): string {
    const path = this.#workspace.pathOf(place)
    if (place.base !== 'workspace') return path
    const fromHome = relative(this.#home, path)
    return isAbsolute(fromHome) ? path : fromHome.split(sep).join('/')
  }
}

function measureKeys(
  source: Keys,
  role: 'forget' | 'retain',
  metric: string,
  params: Readonly<Record<string, unknown>>,
  preset: string | null,
): Keys {
  const wanted = metric === 'lm' ? ['window', 'tokens'] : ['scorer', 'join']
  const entries = wanted.flatMap((name) => (params[name] == null ? [] : [[name, params[name]] as const]))
  const show = metric === 'lm' ? ['lossNats', 'top1'] : ['accuracy']
  const kept = entries.length === 0 ? {} : { params: Object.fromEntries(entries) }
  return { role, metric, ...source, ...(preset === null ? {} : { preset }), ...kept, show }
}

/** A name as recipes allow it, that nothing has yet. */
function freeName(taken: Readonly<Record<string, unknown>>, text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const name = plain.replace(/^-+/, '').slice(0, 40).replace(/-+$/, '') || 'unnamed'
  let free = name
  for (let number = 2; Object.hasOwn(taken, free); number++) free = `${name}-${number}`
  return free
}

function cannot(why: string): SnipError {
  return new SnipError('not-found', why)
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
const recordJobSchema = z.object({ identity: z.object({ tokens: z.number().nullable() }) })
const manifestSchema = z.object({ plan: planSchema })
