import type { ClozeQuestion } from '../../../core/data/dataset.ts'
import { buildClozeTexts } from '../../../core/metrics/cloze-text.ts'
import { cutWindows } from '../../../core/recording/windows.ts'
import { loadData, type DataInUse } from '../data-in-use/data-in-use.ts'
import { forgetQuietly } from '../engine/forget-quietly.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { throwIfCancelled, type Task } from '../task.ts'
import type { DatasetInUse } from './evaluation-sets.ts'

/** The texts behind `byIndex`, in its order: of the windows, or of the questions with their blank. */
export interface UnitTexts {
  readonly texts: readonly string[]
  /** Of the data as they are now. */
  readonly dataHash: string
}

/** Texts of the windows or questions of a result, made again from the data and the result's own parameters. */
export async function unitTexts(
  session: WorkbenchSession,
  { request }: DatasetInUse,
  result: { readonly unit: string; readonly params: Readonly<Record<string, unknown>> },
  task: Task,
): Promise<UnitTexts> {
  const data = await loadData(request, task)
  const { dataHash } = data
  if (result.unit === 'question') return { texts: await questionTexts(session, data, result.params, task), dataHash }
  return { texts: await windowTexts(session, data, result.params, task), dataHash }
}

/** Characters of text that hold a number of tokens in all likelihood; a longer text is cut there first. */
const charactersPerToken = 16

async function windowTexts(
  session: WorkbenchSession,
  data: DataInUse,
  params: Readonly<Record<string, unknown>>,
  task: Task,
): Promise<string[]> {
  const window = Number(params['window'])
  let left = Number(params['tokens'])
  const { models } = session.workbench
  const { handle } = await models.open(modelInUse(session.workspace()).reference, task.signal)
  const encode = (text: string) =>
    models.engine.client.encode({ handle, text, specialTokens: false }, { signal: task.signal })
  const documents: { ids: Int32Array; spans: readonly (readonly [number, number])[]; text: string }[] = []
  for (const document of data.documents) {
    if (left <= 0) break
    throwIfCancelled(task)
    const text = document.text.slice(0, left * charactersPerToken + 1000)
    let encoded = await encode(text)
    if (encoded.ids.length <= left + window && text.length < document.text.length) encoded = await encode(document.text)
    const ids = Int32Array.from(encoded.ids.slice(0, left))
    documents.push({ ids, spans: encoded.spans, text: document.text })
    left -= usedTokens(ids.length, window, data.keepShort)
  }
  if (documents.length === 0) return []
  const table = cutWindows(documents, { window, keepShort: data.keepShort })
  return Array.from({ length: table.count }, (_, at) => {
    const { spans, text } = documents[table.documents[at] as number]!
    const start = table.tokenStarts[at] as number
    const last = spans[start + (table.lengths[at] as number) - 1]
    return text.slice(spans[start]?.[0] ?? 0, last?.[1] ?? 0)
  })
}

/** Tokens of a document that end up in windows: results count these. */
function usedTokens(tokens: number, window: number, keepShort: boolean): number {
  const rest = tokens % window
  return keepShort && rest >= 2 ? tokens : tokens - rest
}

const contextLines = 2

/** The query with its blank behind the last lines of its context. Questions that the metric refused are left out as there. */
async function questionTexts(
  session: WorkbenchSession,
  { cloze }: DataInUse,
  params: Readonly<Record<string, unknown>>,
  task: Task,
): Promise<string[]> {
  let questions: readonly ClozeQuestion[] = cloze ?? []
  if (Number(params['questionsRefused'] ?? 0) > 0) {
    const { models } = session.workbench
    const { handle } = await models.open(modelInUse(session.workspace()).reference, task.signal)
    const join = typeof params['join'] === 'string' ? params['join'] : ''
    const { client } = models.engine
    const { set, tasks } = await client.clozeSet(
      { handle, questions: questions.map((question) => buildClozeTexts(question, join)) },
      { signal: task.signal },
    )
    await forgetQuietly(client.closeClozeSet({ handle, set }))
    questions = questions.filter((_, at) => tasks[at]?.ok === true)
  }
  return questions.map(
    ({ context, query, answer }) => `${[...context.slice(-contextLines), query].join('\n')}\n(answer: ${answer})`,
  )
}
