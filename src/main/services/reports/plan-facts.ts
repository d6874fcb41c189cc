import type { Concept, Ranking } from '../../../contract/files.ts'
import { parseNeuron, type NeuronId, type Site } from '../../../contract/neuron.ts'
import { pinnedIds, type PinnedIds } from '../../../core/pruning/pinned-ids.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import { readRecordingManifest } from '../../files/open-recording.ts'
import { readTextFile } from '../files-of-lines.ts'
import { planHashOf, readPlan } from '../plans/plans.ts'
import { conceptsInUse } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace } from '../session/session.ts'

/** One neuron of a plan, as a report lists it. */
export interface RemovedNeuron {
  readonly neuron: NeuronId
  /** Importance; null when it is pinned and not ranked, or the plan has no ranking. */
  readonly score: number | null
  readonly pinned: boolean
  readonly concept: string | null
}

export interface LayerCount {
  readonly site: Site
  readonly layer: number
  readonly removed: number
  /** Null when nobody knows how wide the layer is. */
  readonly width: number | null
}

/** A set of neurons to remove, with where it comes from. */
export interface PlanFacts {
  /** `cut`, or the id of a saved plan. */
  readonly key: string
  readonly name: string
  readonly madeFrom: string
  readonly planHash: string
  readonly neurons: readonly NeuronId[]
  /** Neurons that percentages refer to; null for a plan without a ranking. */
  readonly neuronCount: number | null
  /** The ranking whose first neurons these are. */
  readonly ranking: string | null
  readonly layers: readonly LayerCount[]
  /** The first ones to go, in the order of the ranking; by id where there is none. */
  readonly first: readonly RemovedNeuron[]
}

export const mostListed = 50

/** Rankings in the order in which neurons go, pins applied; each file is read once. Null when its file is gone or damaged. */
export class PinnedRankings {
  readonly #workspace: OpenWorkspace
  readonly pins: PinnedIds
  readonly #known = new Map<string, { readonly ranking: Ranking; readonly ids: readonly NeuronId[] } | null>()

  constructor(workspace: OpenWorkspace) {
    this.#workspace = workspace
    this.pins = pinsOf(workspace)
  }

  of(id: string): { readonly ranking: Ranking; readonly ids: readonly NeuronId[] } | null {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const document = this.#workspace.store.get('ranking', id)
    let read = null
    try {
      if (document !== null) {
        const ranking = parseRanking(readTextFile(this.#workspace.file(...document.file.split('/'))), document.file)
        read = {
          ranking,
          ids: pinnedIds(
            ranking.neurons.map(({ neuron }) => neuron),
            this.pins,
          ),
        }
      }
    } catch {
      // The report says that the ranking cannot be read.
    }
    this.#known.set(id, read)
    return read
  }
}

export function pinsOf({ store }: OpenWorkspace): PinnedIds {
  const of = (wanted: string) => [...store.all('pin')].flatMap(([id, { pin }]) => (pin === wanted ? [id] : []))
  return { always: of('always'), never: of('never') }
}

/** SHA-256 of a set of neurons that become zero. */
export function hashOfNeurons(neurons: readonly NeuronId[]): string {
  return planHashOf({ version: 1, neurons: [...neurons], replacement: 'zero' })
}

/** The cut in use and the saved plans. `missing` has one sentence for each that cannot be read. */
export function plansOf(workspace: OpenWorkspace, rankings: PinnedRankings): { plans: PlanFacts[]; missing: string[] } {
  const { store } = workspace
  const widths = widthsOf(workspace)
  const concepts = conceptTexts(workspace)
  const pinned = new Set(rankings.pins.always)
  const plans: PlanFacts[] = []
  const missing: string[] = []
  const add = (
    head: Pick<PlanFacts, 'key' | 'name' | 'madeFrom'>,
    neurons: readonly NeuronId[],
    ranking: string | null,
    planHash = hashOfNeurons(neurons),
  ) => {
    const ranked = ranking === null ? null : (rankings.of(ranking)?.ranking ?? null)
    const wanted = new Set(neurons.slice(0, mostListed))
    const scores = new Map<string, number>()
    for (const { neuron, score } of ranked?.neurons ?? []) if (wanted.has(neuron)) scores.set(neuron, score)
    plans.push({
      ...head,
      planHash,
      neurons,
      neuronCount: ranked?.header.neuronCount ?? null,
      ranking,
      layers: layersOf(neurons, widths),
      first: neurons.slice(0, mostListed).map((neuron) => ({
        neuron,
        score: scores.get(neuron) ?? null,
        pinned: ranking !== null && pinned.has(neuron),
        concept: concepts.get(neuron) ?? null,
      })),
    })
  }
  const cut = store.get('cut', 'cut')
  const document = cut === null ? null : store.get('ranking', cut.ranking)
  if (cut !== null && document !== null) {
    const ids = rankings.of(cut.ranking)?.ids
    const head = { key: 'cut', name: 'The cut in use', madeFrom: document.name }
    if (ids === undefined) missing.push(`The ranking of the cut in use cannot be read: ${document.file}`)
    else add(head, ids.slice(0, cut.k), cut.ranking)
  }
  for (const [key, { name, file, madeFrom }] of store.all('plan')) {
    try {
      const plan = readPlan(workspace.file(...file.split('/')))
      const { neurons } = plan
      // Means are known to the plan's file alone: no ranking makes them again.
      const source = plan.replacement === 'zero' ? rankingOf(workspace, rankings, neurons) : null
      const ordered = source === null ? neurons : rankings.of(source)!.ids.slice(0, neurons.length)
      add({ key, name, madeFrom }, ordered, source, planHashOf(plan))
    } catch {
      missing.push(`The plan "${name}" cannot be read: ${file}`)
    }
  }
  return { plans, missing }
}

/** The ranking whose first neurons, with the pins of today, make this very set. */
function rankingOf(workspace: OpenWorkspace, rankings: PinnedRankings, neurons: readonly NeuronId[]): string | null {
  if (neurons.length === 0) return null
  const hash = hashOfNeurons(neurons)
  for (const id of workspace.store.all('ranking').keys()) {
    const ids = rankings.of(id)?.ids
    if (ids !== undefined && hashOfNeurons(ids.slice(0, neurons.length)) === hash) return id
  }
  return null
}

function layersOf(neurons: readonly NeuronId[], widths: Widths | null): LayerCount[] {
  const removed = new Map<string, number>()
  for (const id of neurons) {
    const { site, layer } = parseNeuron(id)!
    removed.set(`${site}:${layer}`, (removed.get(`${site}:${layer}`) ?? 0) + 1)
  }
  const counts: LayerCount[] = []
  for (const site of ['mlp', 'attention'] as const) {
    const own = [...removed.keys()].filter((key) => key.startsWith(`${site}:`))
    if (own.length === 0) continue
    const known = widths?.[site] ?? []
    const last = Math.max(known.length - 1, ...own.map((key) => Number(key.split(':')[1])))
    for (let layer = 0; layer <= last; layer++) {
      counts.push({ site, layer, removed: removed.get(`${site}:${layer}`) ?? 0, width: known[layer] ?? null })
    }
  }
  return counts
}

type Widths = Readonly<Record<Site, readonly number[]>>

/** Neurons per layer of each site, as far as the workspace knows without its model. */
function widthsOf(workspace: OpenWorkspace): Widths | null {
  const card = workspace.store.get('model', 'model')?.card ?? null
  if (card !== null) return card.neurons
  for (const { folder } of workspace.store.all('recording').values()) {
    try {
      return readRecordingManifest(workspace.file(...folder.split('/'))).layerWidths
    } catch {
      // Another one may be whole.
    }
  }
  return null
}

function conceptTexts(workspace: OpenWorkspace): Map<string, string> {
  let concepts: Concept[] = []
  try {
    concepts = conceptsInUse(workspace)
  } catch {
    // A damaged file of concepts: the neurons stand without theirs, but for a person's.
    for (const [neuron, { text, author }] of workspace.store.all('concept-edit')) {
      concepts.push({ neuron, text, author, explainer: null, score: null, scoreKind: null, status: 'edited' })
    }
  }
  return new Map(concepts.map(({ neuron, text }) => [neuron, text]))
}
