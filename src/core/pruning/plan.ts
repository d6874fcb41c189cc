import { SnipError } from '../../contract/failure.ts'
import { type Plan, type Ranking, planSchema } from '../../contract/files.ts'
import {
  type Neuron,
  type NeuronId,
  type Site,
  compareNeurons,
  formatNeuron,
  parseNeuron,
} from '../../contract/neuron.ts'
import { type NeuronSpace, describeRange, findNeuron } from '../ranking/neuron-space.ts'
import { fixedNeurons, meansOf } from './plan-means.ts'
import { resolveTop } from './plan-top.ts'

/** What a person decided beside the ranking. */
export interface Pins {
  /** Always pruned; they count among the k. */
  readonly always?: readonly NeuronId[]
  /** Never pruned; the next neurons of the ranking take their places. */
  readonly never?: readonly NeuronId[]
}

export interface PlannedTop {
  readonly plan: Plan
  /** The true number of neurons in the plan. */
  readonly k: number
  readonly warnings: string[]
}

/**
 * The plan that prunes the top of a ranking: `top` as for `resolveTop`, of the neurons of the ranked sites. A ranking
 * with too few neurons prunes what it has, and a warning states the true k. Neurons stand in the order of the space.
 */
export function planFromRanking(
  ranking: Ranking,
  top: string | number,
  options: { readonly pins?: Pins } = {},
): PlannedTop {
  const { header } = ranking
  const asked = resolveTop(top, header.neuronCount)
  const always = new Set(options.pins?.always)
  const never = new Set(options.pins?.never)
  for (const id of [...always, ...never]) readNeuron(id, 'The pins')
  const chosen = new Set<NeuronId>(always)
  for (const id of always) {
    if (never.has(id)) {
      throw new SnipError('bad-plan', `Neuron ${id} is pinned both as always and as never pruned`, {
        remedy: 'Take one of the two pins away.',
      })
    }
  }
  for (const { neuron } of ranking.neurons) {
    if (chosen.size >= asked) break
    if (!never.has(neuron)) chosen.add(neuron)
  }
  const k = chosen.size
  const warnings: string[] = []
  if (k < asked) warnings.push(`${asked} neurons were asked for, but the ranking has ${k} to prune: k is ${k}`)
  if (k > asked) warnings.push(`${k} neurons are pinned as always pruned, more than the ${asked} asked for: k is ${k}`)
  const plan: Plan = {
    version: 1,
    neurons: sortNeurons(chosen),
    replacement: 'zero',
    ...(header.modelHash === null ? {} : { modelHash: header.modelHash }),
    ranking: { method: header.method, preset: header.preset, params: header.params, seed: header.seed, top, k },
  }
  return { plan, k, warnings }
}

/** Reads the text of a plan file; see `parsePlan`. */
export function parsePlanText(text: string, where: string): Plan {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new SnipError('bad-plan', `${where} is not JSON`, { remedy: planRemedy })
  }
  return parsePlan(json, where)
}

/**
 * Reads a plan from JSON. Strict: unknown keys and ids that name no neuron are refused by name; a neuron that stands
 * twice counts once. Throws `bad-plan` that starts with `where`.
 */
export function parsePlan(json: unknown, where: string): Plan {
  const parsed = strictPlanSchema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const bad =
      issue?.path[0] === 'neurons' && issue.path.length === 2 ? ` (${JSON.stringify(at(json, issue.path))})` : ''
    const path = issue?.path.join('.') ?? ''
    throw new SnipError('bad-plan', `${where}: ${path === '' ? '' : `${path}${bad}: `}${issue?.message ?? 'no plan'}`, {
      remedy: planRemedy,
    })
  }
  const plan = withoutRepeats(parsed.data)
  meansOf(plan, where)
  return plan
}

/** The plan with every neuron once: where it stands first. */
function withoutRepeats(plan: Plan): Plan {
  const first = new Map<NeuronId, number>()
  for (const [index, id] of plan.neurons.entries()) if (!first.has(id)) first.set(id, index)
  const neurons = [...first.keys()]
  if (plan.means?.length !== plan.neurons.length) return { ...plan, neurons }
  return { ...plan, neurons, means: Array.from(first.values(), (index) => plan.means![index]!) }
}

/** Throws `bad-plan`, with the legal range, for the first neuron of the plan that the space does not have. */
export function checkPlan(plan: Plan, space: NeuronSpace): void {
  for (const id of plan.neurons) {
    const neuron = readNeuron(id, 'The plan')
    if (findNeuron(space, neuron) !== null) continue
    throw new SnipError('bad-plan', `The plan names neuron ${id}, but ${describeRange(space, neuron)}`, {
      remedy: 'Use a plan that was made for this model.',
    })
  }
}

/**
 * The text whose SHA-256 is the planHash: the neuron ids, each once, sorted as strings by code unit, then the
 * replacement as one more line; lines are joined by LF, with none at the end. `"attention:0:1\nmlp:0:5\nzero"`. The replacement by means
 * is `mean` and the means in the order of the sorted ids: `"attention:0:1\nmlp:0:5\nmean 0.25 -0.5"`.
 */
export function planHashInput(plan: Plan): string {
  const { neurons } = withoutRepeats(plan)
  const sorted = neurons.toSorted()
  const means = meansOf(withoutRepeats(plan), 'The plan')
  if (means === null) return [...sorted, plan.replacement].join('\n')
  const meanOf = new Map(neurons.map((id, index) => [id, means[index]!]))
  return [...sorted, ['mean', ...sorted.map((id) => meanOf.get(id)!)].join(' ')].join('\n')
}

/** Masks of a plan: per site and layer one number per neuron, 0 where it is pruned and 1 elsewhere. Checks the plan. */
export function planMasks(plan: Plan, space: NeuronSpace): Map<Site, Float32Array[]> {
  checkPlan(plan, space)
  const masks = new Map<Site, Float32Array[]>()
  for (const site of space.sites) {
    masks.set(
      site,
      space.layerWidths[site].map((width) => new Float32Array(width).fill(1)),
    )
  }
  for (const id of plan.neurons) {
    const { site, layer, index } = readNeuron(id, 'The plan')
    const mask = masks.get(site)?.[layer]
    if (mask) mask[index] = 0
  }
  return masks
}

/** What is added after the masks: per site and layer one number per neuron, 0 where none is fixed; null for a plan without means. */
export function planOffsets(plan: Plan, space: NeuronSpace): Map<Site, Float32Array[]> | null {
  if (plan.replacement === 'zero') return null
  checkPlan(plan, space)
  const offsets = new Map<Site, Float32Array[]>()
  for (const site of space.sites) {
    offsets.set(
      site,
      space.layerWidths[site].map((width) => new Float32Array(width)),
    )
  }
  for (const { site, layer, index, value } of fixedNeurons(plan)) offsets.get(site)![layer]![index] = value
  return offsets
}

const planRemedy = 'A plan is {"neurons":["mlp:0:5","attention:1:7"]}.'
const strictPlanSchema = planSchema.strict()

function sortNeurons(ids: Iterable<NeuronId>): NeuronId[] {
  return Array.from(ids, (id) => readNeuron(id, 'The plan'))
    .toSorted(compareNeurons)
    .map(formatNeuron)
}

function readNeuron(id: NeuronId, where: string): Neuron {
  const neuron = parseNeuron(id)
  if (neuron !== null) return neuron
  throw new SnipError('bad-plan', `${where}: ${JSON.stringify(id)} names no neuron`, {
    remedy: 'A neuron is written site:layer:index, for instance mlp:3:117.',
  })
}

function at(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json
  for (const key of path) value = (value as Record<PropertyKey, unknown>)[key]
  return value
}
