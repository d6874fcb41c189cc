import { SnipError } from '../../../contract/failure.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { NeuronTables } from './neuron-tables.ts'
import { requireRow } from './neuron-pages.ts'
import { handleOfRecorded } from './recorded-windows.ts'

/** Activations of one neuron on a text, in windows of the recording's length: one piece and one number for each token. */
export async function testText(
  session: WorkbenchSession,
  tables: NeuronTables,
  { neuron, text }: { readonly neuron: string; readonly text: string },
  signal: AbortSignal,
): Promise<{ pieces: string[]; activations: number[] }> {
  const data = await tables.data()
  requireRow(data, neuron)
  const { recording } = data.evidence
  const handle = await handleOfRecorded(session, recording, signal)
  const { client } = session.workbench.engine
  const { ids } = await client.encode({ handle, text, specialTokens: false }, { signal })
  if (ids.length === 0) {
    throw new SnipError('bad-argument', 'The text is empty', { remedy: 'Type a text to try the neuron on.' })
  }
  const windows: number[][] = []
  for (let at = 0; at < ids.length; at += recording.window) windows.push(ids.slice(at, at + recording.window))
  const { pieces } = await client.pieces({ handle, windows: [ids] }, { signal })
  const { activations } = await client.activations({ handle, windows, neurons: [neuron] }, { signal })
  return { pieces: pieces[0] ?? [], activations: (activations[0] ?? []).flat() }
}
