import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { planSchema } from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { hashOfNeurons, type PlanFacts } from './plan-facts.ts'
import { readJson } from './recipe-inputs.ts'
import { freeName, type Keys, type LabelledTask, type NamedTask, type TaskKeys } from './recipe-keys.ts'
import type { RecipeSources } from './recipe-sources.ts'

/** The plans of a recipe and what is exported of them. */
export class RecipePlans {
  readonly #workspace: OpenWorkspace
  readonly #sources: RecipeSources
  readonly #plans: readonly PlanFacts[]
  /** What the recipe calls a plan, by its hash. */
  readonly #names = new Map<string, string>()

  constructor(workspace: OpenWorkspace, sources: RecipeSources, plans: readonly PlanFacts[]) {
    this.#workspace = workspace
    this.#sources = sources
    this.#plans = plans
  }

  /** Gives a task all plans that remove something. */
  addTo({ task, labels }: LabelledTask): void {
    const own: Record<string, Keys> = {}
    for (const plan of this.#plans) {
      if (plan.neurons.length === 0) continue
      own[this.#nameOf(own, plan)] = this.#keysOf(plan, plan.key === 'cut' ? labels : new Map<string, string>())
    }
    if (Object.keys(own).length > 0) task.plans = own
  }

  #nameOf(own: Record<string, unknown>, plan: PlanFacts): string {
    const name = plan.key === 'cut' ? 'cut' : freeName({ ...own, cut: true }, plan.name)
    this.#names.set(plan.planHash, this.#names.get(plan.planHash) ?? name)
    return name
  }

  /** The top of a ranking where it is one; a saved plan by its file. */
  #keysOf({ key, neurons, ranking, neuronCount }: PlanFacts, labels: ReadonlyMap<string, string>): Keys {
    const label = ranking === null ? undefined : labels.get(ranking)
    if (label !== undefined && neuronCount !== null && neurons.length <= neuronCount) {
      return { ranking: label, top: String(neurons.length) }
    }
    const saved = this.#workspace.store.get('plan', key)
    return saved === null ? { neurons } : { file: this.#sources.inWorkspace(saved.file) }
  }

  /** What was exported, each plan and way of writing once: with the last task, or in tasks of their own before it. */
  addExports(tasks: Record<string, TaskKeys>, last: NamedTask): void {
    const cutHash = this.#plans.find(({ key }) => key === 'cut')?.planHash
    const done = new Set<string>()
    const exports = [...this.#workspace.store.all('export').values()]
    // The one of the cut comes first, so that it stands with the cut.
    for (const one of exports.toSorted((a, b) => Number(b.planHash === cutHash) - Number(a.planHash === cutHash))) {
      const { planHash, realisation, format, name, manifestFile } = one
      if (format !== 'onnx') {
        this.#sources.notes.add(`The export ${name} is left out: a recipe writes ONNX files`)
        continue
      }
      if (done.has(`${planHash} ${realisation}`)) continue
      done.add(`${planHash} ${realisation}`)
      const plan = this.#names.get(planHash)
      if (plan !== undefined && last.task.export === undefined) {
        last.task.export = { plan, realisation }
        continue
      }
      const neurons = this.#neuronsOf(manifestFile, planHash)
      if (neurons === null) {
        this.#sources.notes.add(`The export ${name} is left out: its manifest is gone, so its neurons are not known`)
        continue
      }
      const task = freeName({ ...tasks, [last.name]: true }, `export-${name.replace(/\.onnx$/i, '')}`)
      tasks[task] = {
        title: one.title,
        rankings: {},
        grid: ['0%'],
        measures: {},
        plans: { exported: { neurons } },
        export: { plan: 'exported', realisation },
      }
    }
  }

  #neuronsOf(manifestFile: string, planHash: string): readonly NeuronId[] | null {
    const path = isAbsolute(manifestFile) ? manifestFile : this.#workspace.file(...manifestFile.split('/'))
    const neurons = readJson(path, manifestSchema)?.plan.neurons ?? null
    return neurons !== null && hashOfNeurons(neurons) === planHash ? neurons : null
  }
}

const manifestSchema = z.object({ plan: planSchema })
