import { SnipError } from '../../../contract/failure.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import type { NeuronPage, ShadedWindow } from '../../../contract/workbench/neurons.ts'
import { describeRange, findNeuron } from '../../../core/ranking/neuron-space.ts'
import { quantileBands } from '../../../core/recording/quantile-bands.ts'
import { recordedSpace, type RecordedNeuron } from '../../../core/recording/recording-reader.ts'
import { openRecording, readRecordingManifest, withRecording } from '../../files/open-recording.ts'
import { RecentValues } from '../recent-values.ts'
import { folderOfRecording } from '../recordings/recorded-model.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { ConceptColumns } from './concept-columns.ts'
import type { NeuronData, NeuronTables } from './neuron-tables.ts'
import { drawnHistogram } from './page-histogram.ts'
import { handleOrReason, viewThroughModel, type ModelView, type ReadableWindow } from './recorded-windows.ts'
import { WindowMaxima, type RelatedNeuron } from './related-neurons.ts'
import { simulateWindows } from './simulated-windows.ts'

const relatedListed = 10
/** Neurons whose windows stay in memory: going back and forth, and editing, computes nothing again. */
const mostKept = 64

interface RecordedPage {
  readonly recorded: RecordedNeuron
  readonly related: readonly RelatedNeuron[]
}

/** All that is known of single neurons. */
export class NeuronPages {
  readonly #session: WorkbenchSession
  readonly #tables: NeuronTables
  readonly #recorded = new RecentValues<RecordedPage>(mostKept)
  readonly #views = new RecentValues<ModelView>(mostKept)
  readonly #simulated = new RecentValues<Awaited<ReturnType<typeof simulateWindows>>>(mostKept)
  #warm = false
  readonly #maxima = new RecentValues<WindowMaxima>(1)

  constructor(session: WorkbenchSession, tables: NeuronTables) {
    this.#session = session
    this.#tables = tables
  }

  /** Lets the engine load the word lists that pages need: a second that the first page need not wait for. */
  warmUp(): void {
    if (this.#warm) return
    this.#warm = true
    // Whoever needs them next is told what went wrong.
    this.#session.workbench.engine.client.explainers().catch(() => undefined)
  }

  /** One neuron of the recording in use. Throws `bad-argument` for one that was not recorded. */
  async page(neuron: string, signal: AbortSignal): Promise<NeuronPage> {
    const data = await this.#tables.data()
    const { workspace, evidence, concepts } = data
    const row = requireRow(data, neuron)
    const key = JSON.stringify([evidence.folder, neuron])
    const { recorded, related } = await this.#recorded.get(key, () => this.#read(evidence.folder, neuron, row))
    const opened = await handleOrReason(this.#session, evidence, signal)
    const view =
      'handle' in opened
        ? // Not the caller's signal: another page may be waiting for the same.
          await this.#views.get(key, () => viewThroughModel(this.#session, opened.handle, recorded, neverAborted()))
        : null
    const text = concepts.texts[row] ?? ''
    const shown = view === null ? [] : [...view.top, ...view.bands.flat()]
    const { client } = this.#session.workbench.engine
    // A verdict or a pin asks for the page again, and the sentence predicts the same.
    const simulated =
      'handle' in opened
        ? await this.#simulated.get(JSON.stringify([evidence.folder, neuron, text]), () =>
            simulateWindows(client, opened.handle, text, shown, neverAborted()),
          )
        : null
    const { freq, meanAbs, rms, stdPopulation, mean, max, tokens, histogram } = recorded
    const compared = comparedHistograms(workspace, evidence.recording.modelHash, neuron)
    return {
      neuron,
      row,
      concept: conceptOf(concepts, row),
      pin: workspace.store.get('pin', neuron)?.pin ?? null,
      tokens,
      statistics: { freq, meanAbs, rms, stdPopulation, mean, max },
      histogram: drawnHistogram(histogram),
      forgetHistogram: compared?.forget ?? null,
      retainHistogram: compared?.retain ?? null,
      promoted: view === null ? null : [...view.promoted],
      suppressed: view === null ? null : [...view.suppressed],
      bands: bandsOf(recorded, view, simulated, 'reason' in opened ? opened.reason : null),
      related: related.map((other) => ({
        neuron: evidence.neuronAt(other.row),
        correlation: other.correlation,
        concept: concepts.texts[other.row] ?? '',
      })),
    }
  }

  async #read(folder: string, neuron: string, row: number): Promise<RecordedPage> {
    const { reader, close } = openRecording(folder)
    try {
      const recorded = reader.neuron(parseNeuron(neuron)!)
      const maxima = await this.#maxima.get(folder, () => WindowMaxima.read(reader))
      return { recorded, related: await maxima.related(row, relatedListed) }
    } finally {
      close()
    }
  }
}

/** The row of a neuron of the table. Throws `bad-argument`, with what is legal. */
export function requireRow({ evidence }: Pick<NeuronData, 'evidence'>, neuron: string): number {
  const row = evidence.rowOf(neuron)
  if (row !== null) return row
  throw new SnipError(
    'bad-argument',
    `${neuron} was not recorded: ${describeRange(evidence.space, parseNeuron(neuron)!)}`,
    {
      remedy: 'Choose a neuron of the table, or record its site.',
    },
  )
}

function neverAborted(): AbortSignal {
  return new AbortController().signal
}

function conceptOf(concepts: ConceptColumns, row: number): NeuronPage['concept'] {
  const { text, author, score, scoreKind, reason, status, from, suggestion } = concepts.conceptAt(row)
  const beside = from === 'explainer' || suggestion === '' ? null : suggestion
  return { text, author, score, scoreKind, reason, status, suggestion: beside }
}

function bandsOf(
  recorded: RecordedNeuron,
  view: ModelView | null,
  simulated: readonly (readonly number[])[] | null,
  reason: string | null,
): NeuronPage['bands'] {
  let next = 0
  const shade = ({ tokenStart, row, pieces, activations, max }: ReadableWindow): ShadedWindow => {
    const prediction = simulated?.[next++]
    const common = { tokenStart, row: row ?? null, pieces: [...pieces], activations: [...activations], max }
    return { ...common, simulated: prediction === undefined ? null : [...prediction] }
  }
  const top = (view?.top ?? []).map(shade)
  const bands = recorded.bands.map(({ from, to, count, note }, at) => ({
    name: `${percent(from)} to ${percent(to)} %`,
    from,
    to,
    count,
    note: reason ?? note ?? null,
    windows: (view?.bands[at] ?? []).map(shade),
  }))
  const first = {
    name: 'Most active',
    from: null,
    to: null,
    count: recorded.windows.length,
    note: reason,
    windows: top,
  }
  return [first, ...bands.toReversed()].slice(0, 1 + quantileBands.length)
}

function percent(share: number): number {
  return Number((100 * share).toPrecision(4))
}

/** The newest recordings of forget and retain data that hold a neuron: both, or null. */
function comparedHistograms(workspace: OpenWorkspace, modelHash: string, neuron: string) {
  const forget = histogramOfRole(workspace, 'forget', modelHash, neuron)
  const retain = forget === null ? null : histogramOfRole(workspace, 'retain', modelHash, neuron)
  return forget === null || retain === null ? null : { forget, retain }
}

function histogramOfRole(
  workspace: OpenWorkspace,
  role: 'forget' | 'retain',
  modelHash: string,
  neuron: string,
): NeuronPage['histogram'] | null {
  const parsed = parseNeuron(neuron)!
  for (const recording of [...workspace.store.all('recording').values()].toReversed()) {
    const dataset = recording.dataset === null ? null : workspace.store.get('dataset', recording.dataset)
    if (!dataset?.roles.includes(role) || recording.modelHash !== modelHash) continue
    try {
      const folder = folderOfRecording(workspace, recording)
      if (findNeuron(recordedSpace(readRecordingManifest(folder)), parsed) === null) continue
      return drawnHistogram(withRecording(folder, (reader) => reader.histogramOf(parsed)))
    } catch {
      // Nothing to compare with: the recording's own place says what is wrong with it.
    }
  }
  return null
}
