import { SnipError } from '../../../contract/failure.ts'
import { createNeuronSpace, countNeurons, flatIndexOf, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { applyPins, pinCodes, type PinnedOrder } from '../../../core/ranking/pinned-order.ts'
import { neuronWidths } from '../plans/model-in-use.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { loadRanking, type LoadedRanking } from './load-ranking.ts'

/** A ranking with the pins of the moment applied, over all neurons of the model. */
export interface RankingInOrder extends PinnedOrder {
  readonly document: Documents['ranking']
  readonly space: NeuronSpace
  readonly ranking: LoadedRanking
}

const mostLoaded = 8

interface Entry {
  readonly file: string
  readonly widths: string
  readonly space: NeuronSpace
  readonly ranking: Promise<LoadedRanking>
  order: { readonly pins: Uint8Array; readonly pinned: PinnedOrder } | null
}

interface Kept {
  readonly entries: Map<string, Entry>
  pins: { readonly revision: number; readonly widths: string; readonly codes: Uint8Array } | null
}

/**
 * The order of a ranking. Loaded once; a change of pins costs one pass over typed arrays. Throws `not-found` for a ranking that
 * the workspace does not have, `bad-data` for one of another model.
 */
export async function rankingInOrder(session: WorkbenchSession, id: string): Promise<RankingInOrder> {
  const workspace = session.workspace()
  const document = workspace.store.get('ranking', id)
  if (document === null) {
    throw new SnipError('not-found', 'There is no such ranking any more', { remedy: 'Choose another ranking.' })
  }
  const none = (): Kept => ({ entries: new Map<string, Entry>(), pins: null })
  const kept = workspace.memo?.of('ranking-orders', none) ?? none()
  const neurons = await neuronWidths(session)
  const widths = JSON.stringify(neurons)
  const entry = entryOf(kept, id, document, widths, () => createNeuronSpace(neurons), workspace)
  const ranking = await entry.ranking
  const pins = pinsOf(session, workspace, kept, widths, entry.space)
  if (entry.order?.pins !== pins) {
    entry.order = { pins, pinned: applyPins(ranking.flats, ranking.scores, pins) }
  }
  return { document, space: entry.space, ranking, ...entry.order.pinned }
}

function entryOf(
  kept: Kept,
  id: string,
  { file }: Documents['ranking'],
  widths: string,
  makeSpace: () => NeuronSpace,
  workspace: OpenWorkspace,
): Entry {
  const known = kept.entries.get(id)
  kept.entries.delete(id)
  if (known && known.file === file && known.widths === widths) {
    kept.entries.set(id, known)
    return known
  }
  const space = makeSpace()
  const ranking = loadRanking(workspace.file(...file.split('/')), space)
  const entry: Entry = { file, widths, space, ranking, order: null }
  kept.entries.set(id, entry)
  // A failure is told to whoever asked and not kept: the file may come back.
  ranking.catch(() => {
    if (kept.entries.get(id) === entry) kept.entries.delete(id)
  })
  for (const oldest of kept.entries.keys()) {
    if (kept.entries.size <= mostLoaded) break
    kept.entries.delete(oldest)
  }
  return entry
}

/** One code per neuron. The same array as long as nothing changed, so that an order can be kept beside it. */
function pinsOf(
  session: WorkbenchSession,
  workspace: OpenWorkspace,
  kept: Kept,
  widths: string,
  space: NeuronSpace,
): Uint8Array {
  const { revision } = session.events
  if (kept.pins?.revision === revision && kept.pins.widths === widths) return kept.pins.codes
  const codes = new Uint8Array(countNeurons(space))
  const flatOf = flatIndexOf(space)
  for (const [id, { pin }] of workspace.store.all('pin')) {
    const flat = flatOf(id)
    if (flat !== null) codes[flat] = pinCodes[pin]
  }
  const before = kept.pins
  const isSame = before !== null && before.widths === widths && Buffer.compare(before.codes, codes) === 0
  kept.pins = { revision, widths, codes: isSame ? before.codes : codes }
  return kept.pins.codes
}
