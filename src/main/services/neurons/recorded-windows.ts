import { invariant, SnipError } from '../../../contract/failure.ts'
import type { TokenLogit } from '../../../contract/engine-host.ts'
import type { RecordedNeuron, RecordedWindow } from '../../../core/recording/recording-reader.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { modelOfRecordingInUse } from '../recordings/recorded-model.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Evidence } from './evidence.ts'

/** Tokens listed on each side. */
const tokensListed = 12

/** A window with what each token shows and how active the neuron is there. */
export interface ReadableWindow extends RecordedWindow {
  readonly pieces: readonly string[]
  readonly activations: readonly number[]
  readonly max: number
}

/** What the model adds to a recorded neuron: text and activations of its windows, and the tokens it speaks for. */
export interface ModelView {
  readonly top: readonly ReadableWindow[]
  readonly bands: readonly (readonly ReadableWindow[])[]
  readonly promoted: readonly TokenLogit[]
  readonly suppressed: readonly TokenLogit[]
}

/** Failures that say that the model cannot be had, in contrast to those that a second try may mend. */
const lasting: ReadonlySet<string> = new Set([
  'not-found',
  'bad-model',
  'bad-tokenizer',
  'unsupported-model',
  'bad-file',
])

/** The handle of the recorded model. Throws why it cannot be had. */
export async function handleOfRecorded(
  session: WorkbenchSession,
  recording: Evidence['recording'],
  signal: AbortSignal,
): Promise<string> {
  const { models } = session.workbench
  const { reference, document } = modelInUse(session.workspace())
  // What the workspace knows of the hash is enough here: computing it would keep a page waiting.
  const known = models.knownHash(reference) ?? document.modelHash
  if (known !== recording.modelHash) await modelOfRecordingInUse(session, recording, signal)
  return (await models.open(reference, signal)).handle
}

/** The handle of the recorded model, or the sentence why it cannot be had. */
export async function handleOrReason(
  session: WorkbenchSession,
  { recording }: Evidence,
  signal: AbortSignal,
): Promise<{ readonly handle: string } | { readonly reason: string }> {
  try {
    return { handle: await handleOfRecorded(session, recording, signal) }
  } catch (error) {
    if (!(error instanceof SnipError) || !lasting.has(error.kind)) throw error
    return { reason: `${error.message}. ${error.remedy ?? ''}`.trim() }
  }
}

/** Reads the windows of a neuron with the model: activations of the banded ones are computed again. */
export async function viewThroughModel(
  session: WorkbenchSession,
  handle: string,
  recorded: RecordedNeuron,
  signal: AbortSignal,
): Promise<ModelView> {
  const { client } = session.workbench.engine
  const { neuron } = recorded
  const banded = recorded.bands.flatMap(({ windows }) => windows)
  const all = [...recorded.windows, ...banded].map(({ ids }) => [...ids])
  const { pieces } = await client.pieces({ handle, windows: all }, { signal })
  const again = { handle, windows: all.slice(recorded.windows.length), neurons: [neuron] }
  const computed = banded.length === 0 ? [] : (await client.activations(again, { signal })).activations[0]
  const tokens = await client.promotedTokens({ handle, neuron, count: tokensListed }, { signal })
  invariant(computed?.length === banded.length, 'every window has activations')
  let next = recorded.windows.length
  const bands = recorded.bands.map(({ windows }) =>
    windows
      .map((window): ReadableWindow => {
        const at = next++
        return { ...window, pieces: pieces[at] ?? [], activations: computed[at - recorded.windows.length] ?? [] }
      })
      .toReversed(),
  )
  return {
    top: recorded.windows.map((window, at) => ({ ...window, pieces: pieces[at] ?? [] })),
    bands,
    promoted: tokens.promoted,
    suppressed: tokens.suppressed,
  }
}
