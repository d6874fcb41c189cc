import { SnipError } from '../../../contract/failure.ts'
import { mostFiredTokens, type FoundNeurons } from '../../../contract/workbench/review.ts'
import { decodeFloat32, decodeUint32 } from '../../engine-host/client/bulk.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import { handleOfRecorded } from '../neurons/recorded-windows.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { foundNeurons } from './found-neurons.ts'

/**
 * The neurons that are most active on a text: the largest activation of each over its tokens, as a share of the largest that
 * was recorded. Neurons that were never above 0 have no share and are left out. Throws `bad-argument` for an empty or too long text.
 */
export async function findByActivity(
  session: WorkbenchSession,
  tables: NeuronTables,
  { text, count }: { readonly text: string; readonly count: number },
  signal: AbortSignal,
): Promise<FoundNeurons> {
  const data = await tables.data()
  const { evidence } = data
  const handle = await handleOfRecorded(session, evidence.recording, signal)
  const { client } = session.workbench.engine
  const { ids } = await client.encode({ handle, text, specialTokens: false, most: mostFiredTokens }, { signal })
  if (ids.length === 0) {
    throw new SnipError('bad-argument', 'The text is empty', { remedy: 'Type a text that neurons may fire on.' })
  }
  const windows: number[][] = []
  const { window, sites } = evidence.recording
  for (let at = 0; at < ids.length; at += window) windows.push(ids.slice(at, at + window))
  const { pieces } = await client.pieces({ handle, windows: [ids] }, { signal })
  const peaks = await client.peaks({ handle, windows, sites }, { signal })
  const maxima = decodeFloat32(peaks.maxima)
  const tokens = decodeUint32(peaks.tokens)
  const recorded = new Float32Array(await evidence.columns.max.arrayBuffer())
  const shares = recorded.map((most, row) => (most > 0 ? maxima[row]! / most : Number.NaN))
  const neurons = foundNeurons(data, shares, count, (row) => {
    const token = tokens[row]!
    return { activation: maxima[row]!, piece: pieces[0]?.[token] ?? '', token }
  })
  return { neurons, of: shares.length, tokens: ids.length }
}
