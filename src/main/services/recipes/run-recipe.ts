import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { conceptSchema, type Plan } from '../../../contract/files.ts'
import { formatNeuron, type Site } from '../../../contract/neuron.ts'
import { neuronsOf, restrictSpace } from '../../../core/ranking/neuron-space.ts'
import { serialiseRanking } from '../../../core/ranking/ranking-file.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside, writeJsonAside } from '../../files/write-aside.ts'
import { withRecording } from '../../files/open-recording.ts'
import { explain } from '../concepts/explain.ts'
import { loadData } from '../data-in-use/data-in-use.ts'
import type { ModelReference } from '../engine/engine.ts'
import { exportModel, type ExportManifest } from '../exports/export-model.ts'
import { jsonLines, readJsonLines, readTextFile } from '../files-of-lines.ts'
import { extractForgetConcepts } from '../forget-concepts/forget-concepts.ts'
import { conceptsThatCount } from '../forget-concepts/list-file.ts'
import { sha256 } from '../jobs/canonical-json.ts'
import { describeJob, openJobFolder, type JobFolder } from '../jobs/job-folder.ts'
import type { Models } from '../models/models.ts'
import { makePlan, readPlan } from '../plans/plans.ts'
import { rank } from '../rankings/rank.ts'
import { record, recordingJob } from '../recordings/record.ts'
import { sweep, type KnownResults, type SweepLine } from '../sweeps/sweep.ts'
import type { Task } from '../task.ts'
import { dataRequest, hashDataFiles } from './recipe-data.ts'
import { RecipeFiles } from './recipe-files.ts'
import { readRanking, writeOrder } from './recipe-ranking.ts'
import { resultsJson, type TaskOutcome } from './recipe-results.ts'
import {
  parseRecipe,
  type Recipe,
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
  readonly #files: RecipeFiles
  readonly #recordings = new Map<string, string>()
  readonly #known: KnownResults = new Map()

  constructor(models: Models, recipe: Recipe, home: string, model: ModelReference, modelHash: string, job: JobFolder) {
    this.#models = models
    this.#recipe = recipe
    this.#home = home
    this.#model = model
    this.#modelHash = modelHash
    this.#job = job
    this.#files = new RecipeFiles(job, recipe)
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
    const data = await loadData(dataRequest(source, this.#home, this.#recipe.seed), task)
    const request = { model: this.#model, data, tokens, window, sites, seed }
    const { identityHash } = describeJob(recordingJob(request, this.#modelHash))
    const directory = this.#job.file(join('recordings', identityHash.slice(0, 16)))
    this.#recordings.set(name, directory)
    await record(this.#models, { ...request, directory }, task)
  }

  async #explain(name: string, task: Task): Promise<void> {
    const source = this.#recipe.concepts[name]!
    const out = this.#files.concepts(name)
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
      rankings.push({ path: this.#files.order(name, label), label })
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
            data: dataRequest(source, this.#home, this.#recipe.seed),
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
    const out = this.#files.forgetConcepts(name)
    if (existsSync(out)) return out
    if (!('forget' in source)) {
      const listed = 'list' in source ? source.list : conceptsThatCount(resolve(this.#home, source.file), 'forget')
      writeAside(out, jsonLines(listed))
      return out
    }
    const { forget, reference, extractor } = source
    await extractForgetConcepts(
      {
        forget: dataRequest(forget, this.#home, this.#recipe.seed),
        reference: dataRequest(reference, this.#home, this.#recipe.seed),
        extractor,
        out,
      },
      task,
    )
    return out
  }

  async #rank(taskName: string, label: string, forgetConcepts: string | undefined, task: Task): Promise<void> {
    const { rankings, pins } = this.#recipe.tasks[taskName]!
    const own = rankings[label]!
    const out = this.#files.ranking(taskName, label)
    if (existsSync(out)) return writeOrder(this.#files, taskName, label, pins)
    if ('file' in own) {
      writeAside(out, [serialiseRanking(readRanking(resolve(this.#home, own.file)))])
      return writeOrder(this.#files, taskName, label, pins)
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
        concepts: concepts && this.#files.concepts(concepts),
        recording: concepts && this.#recordingFolder(this.#recipe.concepts[concepts]!.recording),
        forget: forget && this.#recordingFolder(forget),
        retain: retain && this.#recordingFolder(retain),
      },
      task,
    )
    writeOrder(this.#files, taskName, label, pins)
  }

  #plans(taskName: string, { plans }: RecipeTask): void {
    for (const [name, source] of Object.entries(plans ?? {})) {
      this.#makePlan(this.#files.plan(taskName, name), taskName, source)
    }
  }

  #makePlan(out: string, taskName: string, source: RecipePlan): void {
    if (existsSync(out)) return
    if ('ranking' in source) makePlan({ ranking: this.#files.order(taskName, source.ranking), top: source.top, out })
    else if ('file' in source) writeJsonAside(out, readPlan(resolve(this.#home, source.file)))
    else {
      const { neurons } = source
      writeJsonAside(out, { version: 1, neurons, replacement: 'zero', modelHash: this.#modelHash } satisfies Plan)
    }
  }

  async #export(name: string, { export: wanted }: RecipeTask, task: Task): Promise<TaskOutcome['exported']> {
    if (!wanted) return null
    const plan = 'plan' in wanted ? this.#files.plan(name, wanted.plan) : this.#files.exportedPlan(name)
    if ('ranking' in wanted) this.#makePlan(plan, name, { ranking: wanted.ranking, top: wanted.top })
    const folder = this.#job.file(join('exports', name))
    makeFolder(folder)
    const file = join(folder, `${name}.onnx`)
    const manifest = join(folder, `${name}.manifest.json`)
    // The manifest is written last: with it, the export is whole and was verified.
    if (existsSync(manifest) && !existsSync(`${file}.unfinished`)) {
      return { file, contents: JSON.parse(readTextFile(manifest)) as ExportManifest }
    }
    return exportModel(
      this.#models,
      { model: this.#model, plan: readPlan(plan), realisation: wanted.realisation, out: file, weights: null },
      task,
    )
  }

  #recordingFolder(name: string): string {
    return this.#recordings.get(name)!
  }
}

/** The task with its stages named after the step of the recipe that they belong to. */
function named(task: Task, step: string): Task {
  return { ...task, report: (news) => task.report({ ...news, stage: `${step}: ${news.stage}` }) }
}
