import { forgetQuietly } from '../engine/forget-quietly.ts'
import type { Result } from '../../../contract/result.ts'
import type { ClozeQuestion, Document } from '../../../core/data/dataset.ts'
import { clozeDocumentText } from '../../../core/data/formats/cbt.ts'
import { hashDocuments } from '../datasets/index.ts'
import { loadDataset } from '../datasets/load-dataset.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import type { Measurement } from '../evaluations/measurement.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { evaluationSets, type EvaluationSet } from '../runs/evaluation-sets.ts'
import { prepareSet, windowTokens } from '../runs/prepare-set.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Task } from '../task.ts'

/** What a preview measures on: enough to see which way a cut goes, little enough for a second. */
const sampleWindows = 8
const sampleQuestions = 12
/** Characters that hold the windows of a sample in all likelihood. */
const sampleCharacters = sampleWindows * windowTokens * 16
/** Of a question's context. */
const contextCharacters = 240
const seed = 1

/** A sample laid out in the engine, with the unpruned model's results. */
export interface PreviewSample {
  readonly set: EvaluationSet
  readonly estimator: 'lossNats' | 'accuracy'
  readonly measurement: Measurement
  readonly original: Result
}

interface Kept {
  readonly key: string
  readonly sample: PreviewSample
}

/** The samples of a workspace's evaluation sets, made when first asked for and anew when data, model or engine changed. */
export class PreviewSamples {
  readonly #session: WorkbenchSession
  #kept = new Map<string, Kept>()
  #parts = new Map<string, DataInUse>()

  constructor(session: WorkbenchSession) {
    this.#session = session
  }

  /** One sample per evaluation set, the sets to forget first. Throws what reading, laying out or measuring throws. */
  async *all(task: Task): AsyncGenerator<PreviewSample> {
    const workspace = this.#session.workspace()
    const { models } = this.#session.workbench
    const sets = evaluationSets(workspace)
    const { reference } = modelInUse(workspace)
    const { handle } = await models.open(reference, task.signal)
    const modelHash = await models.modelHash(reference, task.signal)
    const wanted = new Set(sets.map(({ id }) => `${workspace.folder}/${id}`))
    await this.#dropOthers(wanted)
    for (const set of sets) {
      const place = `${workspace.folder}/${set.id}`
      const { dataHash, mapping } = set.document
      const key = JSON.stringify([handle, modelHash, dataHash, mapping, set.metric])
      const known = this.#kept.get(place)
      if (known?.key === key) {
        yield { ...known.sample, set }
        continue
      }
      if (known) await this.#drop(place, known)
      const sample = await this.#make(set, place, task)
      // A preview beside this one may have been quicker.
      const other = this.#kept.get(place)
      if (other) await this.#drop(place, other)
      this.#kept.set(place, { key, sample })
      yield sample
    }
  }

  async #make(set: EvaluationSet, place: string, task: Task): Promise<PreviewSample> {
    const workspace = this.#session.workspace()
    const partKey = `${place} ${set.document.dataHash} ${JSON.stringify(set.document.mapping)}`
    const data = this.#parts.get(partKey) ?? firstPart(await loadDataset(workspace, set.id, task))
    this.#parts.set(partKey, data)
    const tokens = sampleWindows * windowTokens
    const measurement = await prepareSet(this.#session, set, { tokens, seed }, task, data)
    try {
      const { results } = await measurement.run(null, task)
      const estimator = set.metric === 'lm' ? 'lossNats' : 'accuracy'
      return { set, estimator, measurement, original: results[estimator] as Result }
    } catch (error) {
      await measurement.close()
      throw error
    }
  }

  async #dropOthers(wanted: ReadonlySet<string>): Promise<void> {
    for (const [place, kept] of this.#kept) if (!wanted.has(place)) await this.#drop(place, kept)
    for (const key of this.#parts.keys()) {
      if (![...wanted].some((place) => key.startsWith(`${place} `))) this.#parts.delete(key)
    }
  }

  async #drop(place: string, { sample }: Kept): Promise<void> {
    this.#kept.delete(place)
    await forgetQuietly(sample.measurement.close())
  }
}

/** The first documents or questions of the data, questions with the end of their context alone: a sample, and hashed as one. */
export function firstPart(data: DataInUse): DataInUse {
  if (data.cloze !== null) {
    const cloze = data.cloze.slice(0, sampleQuestions).map(withShortContext)
    const documents = cloze.map((question, row) => ({ text: clozeDocumentText(question), row }))
    return { ...data, documents, cloze, dataHash: hashDocuments(documents) }
  }
  const documents: Document[] = []
  let left = sampleCharacters
  for (const document of data.documents) {
    if (left <= 0) break
    documents.push({ ...document, text: document.text.slice(0, left) })
    left -= document.text.length
  }
  return { ...data, documents, dataHash: hashDocuments(documents) }
}

/** The last lines of the context that fit: a pass over a question takes as long as all of its text. */
function withShortContext(question: ClozeQuestion): ClozeQuestion {
  const context: string[] = []
  let left = contextCharacters
  for (const line of question.context.toReversed()) {
    left -= line.length
    if (left < 0 && context.length > 0) break
    context.unshift(line.slice(-contextCharacters))
  }
  return { ...question, context }
}
