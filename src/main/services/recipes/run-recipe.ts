import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { conceptSchema, forgetConceptSchema, type Plan, type Ranking } from '../../../contract/files.ts'
import { formatNeuron, type Site } from '../../../contract/neuron.ts'
import { pinnedIds, type PinnedIds } from '../../../core/pruning/pinned-ids.ts'
import { neuronsOf, restrictSpace } from '../../../core/ranking/neuron-space.ts'
import { parseRanking, serialiseRanking } from '../../../core/ranking/ranking-file.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside, writeJsonAside } from '../../files/write-aside.ts'
import { withRecording } from '../../files/open-recording.ts'
import { explain } from '../concepts/explain.ts'
import { loadData, type DataInUse, type DataRequest } from '../data-in-use/data-in-use.ts'
import type { ModelReference } from '../engine/engine.ts'
import { exportModel, type ExportManifest } from '../exports/export-model.ts'
import { jsonLines, readJsonLines, readTextFile } from '../files-of-lines.ts'
import { extractForgetConcepts } from '../forget-concepts/forget-concepts.ts'
import { sha256 } from '../jobs/canonical-json.ts'
import { describeJob, openJobFolder, type JobFolder } from '../jobs/job-folder.ts'
import type { Models } from '../models/models.ts'
import { makePlan, readPlan } from '../plans/plans.ts'
import { rank } from '../rankings/rank.ts'
import { record, recordingJob } from '../recordings/record.ts'
import { sweep, type KnownResults, type SweepLine } from '../sweeps/sweep.ts'
import type { Task } from '../task.ts'
import { hashDataFiles } from './recipe-data.ts'
import {
  parseRecipe,
  type Recipe,
  type RecipeData,
  type RecipeForgetConcepts,
  type RecipePlan,
  type RecipeTask,
} from './recipe-schema.ts'
import { recipeFile, workspaceFile, workspaceVersion } from './workspace-folder.ts'

export interface RecipeRequest {
  /** Path of the YAML file; what it names lies beside it. */
  readonly recipe: string
  readonly out: string
}

/** What one task of a recipe came to. */
export interface TaskOutcome {
  readonly task: RecipeTask
  readonly lines: readonly SweepLine[]
  readonly exported: { readonly file: string; readonly contents: ExportManifest } | null
}

export interface RecipeOutcome {
  readonly out: string
  readonly recipe: Recipe
  readonly modelHash: string
  readonly tasks: ReadonlyMap<string, TaskOutcome>
}

/**
 * Runs a recipe into a workspace folder: recordings, concepts, then for each task its forget concepts, rankings, sweep and export.
 * Run again after an interruption it goes on at the batch, neuron or point where it stopped, and ends in the same bytes.
 */
export async function runRecipe(models: Models, request: RecipeRequest, task: Task): Promise<RecipeOutcome> {
  const text = readTextFile(request.recipe)
  const recipe = parseRecipe(text, basename(request.recipe))
  const home = dirname(resolve(request.recipe))
  const tokenizer = recipe.tokenizer === undefined ? null : resolve(home, recipe.tokenizer)
  const model = { path: resolve(home, recipe.model), tokenizer }
  const modelHash = await models.modelHash(model, task.signal)
  const data = await hashDataFiles(recipe, home, task.signal)
  const job = openJobFolder(request.out, { command: 'run', identity: { recipe: sha256(text), modelHash, data } })
  try {
    writeJsonAside(job.file(workspaceFile), { version: workspaceVersion, name: recipe.name })
    writeJsonAside(job.file(recipeFile), { version: 1, home, recipe })
    for (const folder of ['recordings', 'concepts', 'rankings', 'plans', 'jobs', 'exports']) {
      makeFolder(job.file(folder))
    }
    const run = new RecipeRun(models, recipe, home, model, modelHash, job)
    const tasks = await run.all(task)
    return { out: request.out, recipe, modelHash, tasks }
  } finally {
    job.close()
  }
}

class RecipeRun {
  readonly #models: Models
  readonly #recipe: Recipe
  readonly #home: string
  readonly #model: ModelReference
  readonly #modelHash: string
  readonly #job: JobFolder
  readonly #recordings = new Map<string, string>()
  readonly #known: KnownResults = new Map()

  constructor(models: Models, recipe: Recipe, home: string, model: ModelReference, modelHash: string, job: JobFolder) {
    this.#models = models
    this.#recipe = recipe
    this.#home = home
    this.#model = model
    this.#modelHash = modelHash
    this.#job = job
  }

  async all(task: Task): Promise<Map<string, TaskOutcome>> {
    const { recordings, concepts, tasks } = this.#recipe
    const started = performance.now()
    for (const name of Object.keys(recordings)) await this.#record(name, named(task, `record ${name}`))
    for (const name of Object.keys(concepts)) await this.#explain(name, named(task, `explain ${name}`))
    const outcomes = new Map<string, TaskOutcome>()
    for (const name of Object.keys(tasks)) outcomes.set(name, await this.#runTask(name, named(task, name)))
    const resultsFile = this.#job.file('results.json')
    if (!existsSync(resultsFile)) {
      writeAside(resultsFile, resultsJson({ recipe: this.#recipe.name, modelHash: this.#modelHash }, outcomes))
      this.#job.writeTiming({ seconds: (performance.now() - started) / 1000 })
    }
    return outcomes
  }

  async #record(name: string, task: Task): Promise<void> {
    const { tokens, window, sites, seed = this.#recipe.seed, ...source } = this.#recipe.recordings[name]!
    const data = await this.#load(source, task)
    const request = { model: this.#model, data, tokens, window, sites, seed }
    const { identityHash } = describeJob(recordingJob(request, this.#modelHash))
    const directory = this.#job.file(join('recordings', identityHash.slice(0, 16)))
    this.#recordings.set(name, directory)
    await record(this.#models, { ...request, directory }, task)
  }

  async #explain(name: string, task: Task): Promise<void> {
    const source = this.#recipe.concepts[name]!
    const out = this.#conceptsFile(name)
    if (existsSync(out)) return void readJsonLines(out, conceptSchema, 'concepts')
    if ('file' in source) {
      writeAside(out, jsonLines(readJsonLines(resolve(this.#home, source.file), conceptSchema, 'concepts')))
      return
    }
    const { recording, explainer, sites } = source
    const list = sites === undefined ? null : this.#neuronList(name, this.#recordingFolder(recording), sites)
    await explain(
      this.#models,
      {
        recording: this.#recordingFolder(recording),
        explainer,
        neurons: list === null ? 'all' : { file: list },
        seed: this.#recipe.seed,
        out,
        tokenizer: this.#model.tokenizer,
      },
      task,
    )
  }

  /** A file that lists the neurons of some sites of a recording. */
  #neuronList(name: string, recording: string, sites: readonly Site[]): string {
    const file = this.#job.file(join('concepts', `${name}.neurons.txt`))
    const ids = withRecording(recording, ({ space }) => [...neuronsOf(restrictSpace(space, sites))].map(formatNeuron))
    writeAside(file, [`${ids.join('\n')}\n`])
    return file
  }

  async #runTask(name: string, task: Task): Promise<TaskOutcome> {
    const own = this.#recipe.tasks[name]!
    const forgetConcepts = await this.#extract(name, own.forgetConcepts, task)
    const rankings: { path: string; label: string }[] = []
    for (const label of Object.keys(own.rankings)) {
      await this.#rank(name, label, forgetConcepts, task)
      rankings.push({ path: this.#orderFile(name, label), label })
    }
    this.#plans(name, own)
    const lines =
      rankings.length === 0 || Object.keys(own.measures).length === 0
        ? []
        : await this.#sweep(name, own, rankings, task)
    return { task: own, lines, exported: await this.#export(name, own, task) }
  }

  async #sweep(
    name: string,
    own: RecipeTask,
    rankings: readonly { readonly path: string; readonly label: string }[],
    task: Task,
  ): Promise<SweepLine[]> {
    return sweep(
      this.#models,
      {
        model: this.#model,
        rankings,
        grid: own.grid,
        measures: Object.entries(own.measures).map(
          ([label, { metric, preset, params, role: _role, show: _show, ...source }]) => ({
            metric,
            preset,
            params,
            data: this.#dataRequest(source),
            label,
          }),
        ),
        directory: this.#job.file(join('jobs', name)),
        seed: own.seed ?? this.#recipe.seed,
        known: this.#known,
      },
      task,
    )
  }

  async #extract(name: string, source: RecipeForgetConcepts | undefined, task: Task): Promise<string | undefined> {
    if (source === undefined) return undefined
    const out = this.#job.file(join('concepts', `${name}.forget.jsonl`))
    if (existsSync(out)) return out
    if ('list' in source) {
      writeAside(out, jsonLines(source.list))
      return out
    }
    if ('file' in source) {
      writeAside(
        out,
        jsonLines(readJsonLines(resolve(this.#home, source.file), forgetConceptSchema, 'forget concepts')),
      )
      return out
    }
    const { forget, reference, extractor } = source
    await extractForgetConcepts(
      { forget: this.#dataRequest(forget), reference: this.#dataRequest(reference), extractor, out },
      task,
    )
    return out
  }

  async #rank(taskName: string, label: string, forgetConcepts: string | undefined, task: Task): Promise<void> {
    const own = this.#recipe.tasks[taskName]!.rankings[label]!
    const out = this.#rankingFile(taskName, label)
    if (existsSync(out)) return this.#pin(taskName, label)
    if ('file' in own) {
      writeAside(out, [serialiseRanking(readRanking(resolve(this.#home, own.file)))])
      return this.#pin(taskName, label)
    }
    const { method, preset, params, seed, concepts, embedder, forget, retain } = own
    const wanted = (await this.#extract(`${taskName}.${label}`, own.forgetConcepts, task)) ?? forgetConcepts
    await rank(
      this.#models,
      {
        method,
        model: this.#model,
        out,
        preset,
        params,
        seed: seed ?? this.#recipe.seed,
        embedder,
        forgetConcepts: wanted,
        concepts: concepts && this.#conceptsFile(concepts),
        recording: concepts && this.#recordingFolder(this.#recipe.concepts[concepts]!.recording),
        forget: forget && this.#recordingFolder(forget),
        retain: retain && this.#recordingFolder(retain),
      },
      task,
    )
    this.#pin(taskName, label)
  }

  /** Writes the order of a ranking with the task's pins applied, which sweeps and plans then go by. */
  #pin(taskName: string, label: string): void {
    const out = this.#orderFile(taskName, label)
    const { pins } = this.#recipe.tasks[taskName]!
    if (pins === undefined || out === this.#rankingFile(taskName, label) || existsSync(out)) return
    makeFolder(dirname(out))
    writeAside(out, [serialiseRanking(pinnedRanking(readRanking(this.#rankingFile(taskName, label)), pins))])
  }

  #rankingFile(taskName: string, label: string): string {
    return this.#job.file(join('rankings', `${taskName}.${label}.jsonl`))
  }

  /** Where the order of a ranking stands: with pins, in a file of its own. */
  #orderFile(taskName: string, label: string): string {
    const { pins, rankings } = this.#recipe.tasks[taskName]!
    if (pins === undefined || rankings[label]!.pins === false) return this.#rankingFile(taskName, label)
    return this.#job.file(join('rankings', 'pinned', `${taskName}.${label}.jsonl`))
  }

  #plans(taskName: string, { plans }: RecipeTask): void {
    for (const [name, source] of Object.entries(plans ?? {})) {
      this.#makePlan(this.#planFile(taskName, name), taskName, source)
    }
  }

  #planFile(taskName: string, name: string): string {
    return this.#job.file(join('plans', `${taskName}.${name}.json`))
  }

  #makePlan(out: string, taskName: string, source: RecipePlan): void {
    if (existsSync(out)) return
    if ('ranking' in source) {
      makePlan({ ranking: this.#orderFile(taskName, source.ranking), top: source.top, out })
      return
    }
    const plan: Plan =
      'file' in source
        ? readPlan(resolve(this.#home, source.file))
        : { version: 1, neurons: source.neurons, replacement: 'zero', modelHash: this.#modelHash }
    writeJsonAside(out, plan)
  }

  async #export(name: string, { export: wanted }: RecipeTask, task: Task): Promise<TaskOutcome['exported']> {
    if (!wanted) return null
    const plan = 'plan' in wanted ? this.#planFile(name, wanted.plan) : this.#job.file(join('plans', `${name}.json`))
    if ('ranking' in wanted) this.#makePlan(plan, name, { ranking: wanted.ranking, top: wanted.top })
    const folder = this.#job.file(join('exports', name))
    makeFolder(folder)
    const file = join(folder, `${name}.onnx`)
    const manifest = join(folder, `${name}.manifest.json`)
    // The manifest is written last: with it, the export is whole and was verified.
    if (existsSync(manifest) && !existsSync(`${file}.unfinished`)) {
      return { file, contents: JSON.parse(readTextFile(manifest)) as ExportManifest }
    }
    const { realisation } = wanted
    return exportModel(
      this.#models,
      { model: this.#model, plan: readPlan(plan), realisation, out: file, weights: null },
      task,
    )
  }

  async #load(source: RecipeData, task: Task): Promise<DataInUse> {
    return loadData(this.#dataRequest(source), task)
  }

  #dataRequest({ data, split, textColumn, where, sample, sampleSeed = this.#recipe.seed }: RecipeData): DataRequest {
    return {
      path: resolve(this.#home, data),
      split,
      options: {
        ...(textColumn === undefined ? {} : { textColumn }),
        ...(where === undefined ? {} : { where }),
        ...(sample === undefined ? {} : { sample, seed: sampleSeed }),
      },
    }
  }

  #conceptsFile(name: string): string {
    return this.#job.file(join('concepts', `${name}.jsonl`))
  }

  #recordingFolder(name: string): string {
    return this.#recordings.get(name)!
  }
}

function readRanking(path: string): Ranking {
  return parseRanking(readTextFile(path), basename(path))
}

/** In the order in which neurons go; scores only say that order, as pins may stand above better scores. */
function pinnedRanking({ header, neurons }: Ranking, pins: PinnedIds): Ranking {
  const ids = pinnedIds(
    neurons.map(({ neuron }) => neuron),
    pins,
  ).slice(0, header.neuronCount)
  return { header, neurons: ids.map((neuron, at) => ({ neuron, score: ids.length - at, rank: at + 1 })) }
}

/** results.json in parts: the values of every window of every point may be more than one string can hold. */
function* resultsJson(
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

/** The task with its stages named after the step of the recipe that they belong to. */
function named(task: Task, step: string): Task {
  return { ...task, report: (news) => task.report({ ...news, stage: `${step}: ${news.stage}` }) }
}
