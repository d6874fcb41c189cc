import { existsSync } from 'node:fs'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { countNeurons, createNeuronSpace, neuronIdsOf, restrictSpace } from '../../../core/ranking/neuron-space.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import { rankingInOrder } from '../rankings/ranking-orders.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { neuronWidths } from './model-in-use.ts'
import { planHashOf, readPlan } from './plans.ts'

/** A choice of plan with all that results and titles say of it. */
export interface ResolvedPlan {
  /** Null when nothing is pruned. */
  readonly plan: Plan | null
  /** "SNIP paper, k = 192 (6.25 %)". */
  readonly title: string
  /** The true number of neurons. */
  readonly k: number
  /** k over the neurons that percentages refer to: those of the ranked sites. */
  readonly percent: number
  /** Of an empty plan when nothing is pruned. */
  readonly planHash: string
  /** The ranking that it comes from, if any. */
  readonly ranking: string | null
}

/**
 * The plan behind a choice: the first k neurons of a ranking with pins applied, as `rankings.order` shows them, or those of a
 * saved plan. Null when nothing is pruned. Throws `not-found` when the ranking or plan is gone.
 */
export async function resolvePlan(session: WorkbenchSession, choice: PlanChoice): Promise<Plan | null> {
  return (await describePlan(session, choice)).plan
}

/** The same with its title, size and hash. */
export async function describePlan(session: WorkbenchSession, choice: PlanChoice): Promise<ResolvedPlan> {
  switch (choice.kind) {
    case 'none':
      return nothingPruned('Original model', null)
    case 'cut':
      return resolveCut(session, choice.ranking, choice.k)
    case 'saved':
      return resolveSaved(session, choice.plan)
  }
}

const emptyPlan: Plan = { version: 1, neurons: [], replacement: 'zero' }

function nothingPruned(title: string, ranking: string | null): ResolvedPlan {
  return { plan: null, title, k: 0, percent: 0, planHash: planHashOf(emptyPlan), ranking }
}

async function resolveCut(session: WorkbenchSession, id: string, asked: number): Promise<ResolvedPlan> {
  const { document, flats, space, ranking } = await rankingInOrder(session, id)
  const k = Math.min(asked, flats.length)
  const title = titleOf(document.name, k, ranking.header.neuronCount)
  if (k === 0) return nothingPruned(title, id)
  const idOf = neuronIdsOf(space)
  const { header } = ranking
  const plan: Plan = {
    version: 1,
    neurons: Array.from(flats.slice(0, k).sort(), idOf),
    replacement: 'zero',
    ...(header.modelHash === null ? {} : { modelHash: header.modelHash }),
    ranking: { method: header.method, preset: header.preset, params: header.params, seed: header.seed, top: k, k },
  }
  return { plan, title, k, percent: percentOf(k, header.neuronCount), planHash: planHashOf(plan), ranking: id }
}

async function resolveSaved(session: WorkbenchSession, id: string): Promise<ResolvedPlan> {
  const { plan, document } = readSavedPlan(session.workspace(), id)
  const sites = [...new Set(plan.neurons.map((neuron) => parseNeuron(neuron)!.site))]
  const space = createNeuronSpace(await neuronWidths(session))
  const known = sites.filter((site) => space.sites.includes(site))
  const neuronCount = countNeurons(known.length === 0 ? space : restrictSpace(space, known))
  const k = plan.neurons.length
  const title = titleOf(document.name, k, neuronCount)
  if (k === 0) return nothingPruned(title, null)
  return { plan, title, k, percent: percentOf(k, neuronCount), planHash: planHashOf(plan), ranking: null }
}

/** A saved plan from its file. Throws `not-found` when the plan or its file is gone. */
export function readSavedPlan(workspace: OpenWorkspace, id: string): { plan: Plan; document: Documents['plan'] } {
  const document = workspace.store.get('plan', id)
  if (document === null) {
    throw new SnipError('not-found', 'There is no such plan any more', { remedy: 'Choose another plan.' })
  }
  const path = workspace.file(...document.file.split('/'))
  if (!existsSync(path)) {
    throw new SnipError('not-found', `The file of the plan "${document.name}" is gone: ${document.file}`, {
      remedy: 'Save the plan again, or put the file back.',
    })
  }
  return { plan: readPlan(path), document }
}

function percentOf(k: number, neuronCount: number): number {
  return neuronCount === 0 ? 0 : (100 * k) / neuronCount
}

/** Names may be 200 characters long, and so may a title. */
function titleOf(name: string, k: number, neuronCount: number): string {
  const percent = Number(percentOf(k, neuronCount).toPrecision(3))
  const size = `k = ${k} (${percent} %)`
  return `${name.slice(0, 198 - size.length)}, ${size}`
}
