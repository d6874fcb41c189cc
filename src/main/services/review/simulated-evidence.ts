import { existsSync } from 'node:fs'
import type { KeptSimulation, NeuronSimulations, SimulatedEvidenceWindow } from '../../../contract/workbench/review.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import type { RecordedWindow } from '../../../core/recording/recording-reader.ts'
import { unpackSimulation, type SimulatedWindow } from '../../../core/concepts/scorers/kept-simulation.ts'
import { pearson, pooledPearson } from '../../../core/stats/correlation.ts'
import { withRecording } from '../../files/open-recording.ts'
import { SimulationIndex, simulationFileOf } from '../concepts/simulation-file.ts'
import type { DatedConcepts } from '../neurons/suggested-sentences.ts'
import type { Evidence } from '../neurons/evidence.ts'
import { requireRow } from '../neurons/neuron-pages.ts'
import type { NeuronData, NeuronTables } from '../neurons/neuron-tables.ts'
import { handleOrReason } from '../neurons/recorded-windows.ts'
import { RecentValues } from '../recent-values.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { noSimulationWords } from './no-simulation.ts'

/** Explanations whose simulations are shown, the newest. */
const mostShown = 3
/** Neurons whose windows stay in memory. */
const mostKept = 64

/** A window with its text and what the neuron does on it. */
interface TrueWindow {
  readonly tokenStart: number
  readonly row: number | null
  readonly pieces: readonly string[]
  readonly activations: readonly number[]
}

/** A sentence's simulation as it was kept. */
interface Kept {
  readonly text: string
  readonly author: string
  readonly score: number | null
  readonly scoreKind: string
  readonly unit: KeptSimulation['unit']
  readonly windows: readonly SimulatedWindow[]
}

/** What language models simulated of neurons' sentences, beside the true activations. */
export class SimulatedEvidence {
  readonly #session: WorkbenchSession
  readonly #tables: NeuronTables
  readonly #indexes = new RecentValues<SimulationIndex>(4)
  readonly #windows = new RecentValues<ReadonlyMap<number, TrueWindow>>(mostKept)

  constructor(session: WorkbenchSession, tables: NeuronTables) {
    this.#session = session
    this.#tables = tables
  }

  /** All that is kept of one neuron. Throws `bad-argument` for one that was not recorded. */
  async of(neuron: string, signal: AbortSignal): Promise<NeuronSimulations> {
    const data = await this.#tables.data()
    const row = requireRow(data, neuron)
    const kept: Kept[] = []
    for (const explanation of data.concepts.explanations.toReversed()) {
      if (kept.length === mostShown) break
      const one = await this.#kept(explanation, neuron, row)
      if (one !== null) kept.push(one)
    }
    const concept = data.concepts.texts[row] ?? ''
    const words = whyNone(data, neuron, row)
    if (kept.length === 0) return { neuron, simulations: [], note: words }
    const opened = await handleOrReason(this.#session, data.evidence, signal)
    if ('reason' in opened) return { neuron, simulations: [], note: opened.reason }
    const numbers = [...new Set(kept.flatMap(({ windows }) => windows.map(({ number }) => number)))]
    const key = JSON.stringify([data.evidence.folder, neuron, numbers])
    // Not the caller's signal: another page may be waiting for the same.
    const read = () => this.#read(data.evidence, opened.handle, neuron, numbers, new AbortController().signal)
    const windows = await this.#windows.get(key, read)
    const isEdited = data.concepts.conceptAt(row).from === 'edit'
    const simulations = kept.flatMap((one) => {
      const shown = beside(one, windows)
      return shown === null ? [] : [{ ...shown, isConcept: !isEdited && one.text === concept }]
    })
    return { neuron, simulations, note: simulations.some(({ isConcept }) => isConcept) ? null : words }
  }

  async #kept({ file, path }: DatedConcepts, neuron: string, row: number): Promise<Kept | null> {
    const simulations = simulationFileOf(path)
    if (!existsSync(simulations)) return null
    const index = await this.#indexes.get(simulations, () => SimulationIndex.read(simulations))
    const found = await index.of(neuron)
    const place = file.rows.lastIndexOf(row)
    const windows = found === null ? null : unpackSimulation(found)
    // Of another sentence than the one beside it: of a file that was changed by hand.
    if (found === null || windows === null || place < 0 || file.texts[place] !== found.text) return null
    const score = file.scores[place]!
    return {
      text: found.text,
      author: file.authors[place]!,
      score: Number.isNaN(score) ? null : score,
      scoreKind: found.scoreKind,
      unit: found.scoreKind.includes('calibration none') ? 'level' : 'activation',
      windows,
    }
  }

  /** Windows of the recording by number; those that it does not have are left out. */
  async #read(
    evidence: Evidence,
    handle: string,
    neuron: string,
    numbers: readonly number[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, TrueWindow>> {
    const { client } = this.#session.workbench.engine
    const { known, others } = withRecording(evidence.folder, (reader) => {
      const top = new Map(reader.topWindows(parseNeuron(neuron)!).map((window) => [window.window, window]))
      const there = numbers.filter((number) => number < reader.manifest.windows)
      return {
        known: there.flatMap((number) => top.get(number) ?? []),
        others: there.filter((number) => !top.has(number)).map((number) => reader.windowAt(number)),
      }
    })
    const all: readonly RecordedWindow[] = [...known, ...others]
    const { pieces } = await client.pieces({ handle, windows: all.map(({ ids }) => [...ids]) }, { signal })
    const again = { handle, windows: others.map(({ ids }) => [...ids]), neurons: [neuron] }
    const computed = others.length === 0 ? [] : (await client.activations(again, { signal })).activations[0]!
    const activations = [...known.map((window) => window.activations), ...computed]
    return new Map(
      all.map(({ window, tokenStart, row }, at) => [
        window,
        { tokenStart, row: row ?? null, pieces: pieces[at] ?? [], activations: activations[at] ?? [] },
      ]),
    )
  }
}

/** A kept simulation beside the true activations; null where it does not fit the recording. */
function beside(
  { windows, ...kept }: Kept,
  recorded: ReadonlyMap<number, TrueWindow>,
): Omit<KeptSimulation, 'isConcept'> | null {
  const shown: SimulatedEvidenceWindow[] = []
  for (const { number, isTop, simulated } of windows) {
    const window = recorded.get(number)
    if (window === undefined || window.activations.length !== simulated.length) return null
    const { pieces, activations } = window
    shown.push({
      ...window,
      pieces: [...pieces],
      activations: [...activations],
      max: Math.max(...activations),
      simulated: [...simulated],
      isTop,
      correlation: pearson(activations, simulated),
    })
  }
  const correlation = pooledPearson(shown.map(({ activations, simulated }) => ({ real: activations, simulated })))
  return { ...kept, correlation, windows: shown }
}

function whyNone({ workspace, concepts }: NeuronData, neuron: string, row: number): string | null {
  const edit = concepts.conceptAt(row).from === 'edit' ? workspace.store.get('concept-edit', neuron) : null
  const suggestion = concepts.suggestionAt(row)
  if (edit === null && suggestion === null) return null
  const source = concepts.explanations.find(({ file }) => file === suggestion?.file)
  const place = suggestion?.place ?? -1
  if (edit === null && (suggestion?.file.texts[place] ?? '') === '') return null
  return noSimulationWords({
    editor: edit?.author ?? null,
    explainer: source?.explainer ?? '',
    author: suggestion?.file.authors[place] ?? '',
    scoreKind: suggestion?.file.scoreKinds[place] ?? null,
    reason: suggestion?.file.reasons.get(place) ?? null,
  })
}
