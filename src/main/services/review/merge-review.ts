import { SnipError } from '../../../contract/failure.ts'
import type {
  MergePreview,
  Resolution,
  ReviewAgreement,
  ReviewLine,
  ReviewOpinion,
} from '../../../contract/workbench/review.ts'
import { cohenKappa } from '../../../core/stats/agreement.ts'
import { wilsonInterval } from '../../../core/stats/wilson.ts'
import { reviewerOf } from '../neurons/concept-edits.ts'
import type { NeuronData, NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import { standingOf, type Standing } from './opinions.ts'
import { readReviewFile, type ReviewFile } from './review-file.ts'

type Difference = MergePreview['conflicts'][number]['differs'][number]

interface Compared {
  readonly line: ReviewLine
  readonly standing: Standing
  readonly differs: readonly Difference[]
  /** What it takes to have theirs. */
  readonly changes: readonly Change[]
}

/** What another reviewer's file would bring. Changes nothing. */
export async function compareReview(tables: NeuronTables, path: string): Promise<MergePreview> {
  const data = await tables.data()
  const file = readReviewFile(path)
  const compared = compare(data, file)
  const conflicts = compared.filter(({ differs }) => differs.length > 0)
  const fresh = compared.filter(({ differs, changes }) => differs.length === 0 && changes.length > 0)
  const { modelHash } = data.evidence.recording
  return {
    hash: file.hash,
    authors: authorsOf(file),
    same: compared.length - conflicts.length - fresh.length,
    fresh: fresh.length,
    conflicts: conflicts.map(({ line, standing, differs }) => {
      const { neuron, ...theirs } = line
      return { neuron, differs: [...differs], mine: opinionOf(standing), theirs }
    }),
    elsewhere: file.lines.length - compared.length,
    rejectedCount: file.rejectedCount,
    rejected: [...file.rejected],
    agreement: agreementOf(compared),
    warning:
      file.modelHash === null || file.modelHash === modelHash
        ? null
        : 'The file is a review of another model: the same names of neurons mean other neurons there.',
  }
}

/** Merges a file that was looked at, as one step of undo. What is new is taken; conflicts go as they are resolved. */
export async function mergeReview(
  session: WorkbenchSession,
  tables: NeuronTables,
  request: {
    readonly path: string
    readonly hash: string
    readonly resolutions: Readonly<Record<string, Resolution>>
    readonly others: Resolution
  },
): Promise<{ changed: number; label: string }> {
  const data = await tables.data()
  const file = readReviewFile(request.path)
  if (file.hash !== request.hash) {
    throw new SnipError('bad-argument', 'The file changed since it was looked at', { remedy: 'Look at it again.' })
  }
  const touched = compare(data, file).flatMap(({ line, standing, differs, changes }) => {
    const resolution = differs.length === 0 ? 'theirs' : (request.resolutions[line.neuron] ?? request.others)
    if (resolution === 'mine') return []
    if (resolution === 'theirs') return changes.length === 0 ? [] : [changes]
    const note = [theirWords(line, standing), line.note].filter((text) => text !== null).join('\n')
    return [noteChange(line, standing, note)].filter((some) => some.length > 0)
  })
  const label = `Merged the review of ${authorsOf(file).join(', ')}: ${touched.length} ${touched.length === 1 ? 'neuron' : 'neurons'}`
  if (touched.length > 0) await data.workspace.store.edit(label, touched.flat(), reviewerOf(session))
  return { changed: touched.length, label }
}

/** Lines of neurons of the table beside what stands there. */
function compare(data: NeuronData, { lines }: ReviewFile): Compared[] {
  return lines.flatMap((line): Compared[] => {
    if (data.evidence.rowOf(line.neuron) === null) return []
    const standing = standingOf(data, line.neuron)
    return [{ line, standing, differs: differencesOf(line, standing), changes: changesOf(line, standing) }]
  })
}

/** Their sentence, where they wrote or judged one that is not the one shown here. */
function otherText({ text, edited, verdict }: ReviewLine, standing: Standing): string | null {
  return text.trim() === '' || text === standing.text || (!edited && verdict === null) ? null : text
}

function differencesOf(line: ReviewLine, standing: Standing): Difference[] {
  const { edit, review, pin } = standing
  const differs: Difference[] = []
  // Where nobody here wrote or judged the sentence, theirs is simply new.
  if (otherText(line, standing) !== null && (edit !== null || review !== null)) differs.push('text')
  if (line.verdict !== null && review !== null && line.verdict !== review.status) differs.push('verdict')
  if (line.pin !== null && pin !== null && line.pin !== pin.pin) differs.push('pin')
  return differs
}

function changesOf(line: ReviewLine, standing: Standing): Change[] {
  const { neuron, author } = line
  const key = neuron
  const signed = { author, ...(line.at === null ? {} : { at: line.at }) }
  const text = otherText(line, standing)
  const changes: Change[] = []
  if (text !== null) {
    changes.push({ kind: 'concept-edit', key, after: text === standing.suggestion ? null : { text, ...signed } })
  } else if (line.edited && standing.edit === null && line.text.trim() !== '') {
    // Their sentence came with a file of concepts: from now on it is a person's, and no explainer's newer one takes its place.
    changes.push({ kind: 'concept-edit', key, after: { text: line.text, ...signed } })
  }
  if (line.verdict !== null) {
    if (standing.review?.status !== line.verdict || text !== null) {
      changes.push({ kind: 'review', key, after: { status: line.verdict, ...signed } })
    }
  } else if (text !== null && standing.review !== null) {
    changes.push({ kind: 'review', key, after: null })
  }
  if (line.pin !== null && standing.pin?.pin !== line.pin) {
    changes.push({ kind: 'pin', key, after: { pin: line.pin, author } })
  }
  return line.note === null ? changes : [...changes, ...noteChange(line, standing, line.note)]
}

/** Puts a note of theirs beside the others; nothing when it stands there already. */
function noteChange({ neuron, author, at }: ReviewLine, { notes }: Standing, text: string): Change[] {
  const known = notes.find((note) => note.author === author)
  if (text.trim() === '' || known?.text === text) return []
  const others = notes.filter((note) => note.author !== author)
  return [{ kind: 'review-note', key: neuron, after: { notes: [...others, { author, text, at: at ?? Date.now() }] } }]
}

/** What they decided, in words. */
function theirWords(line: ReviewLine, standing: Standing): string | null {
  const text = otherText(line, standing)
  const words = [
    line.verdict,
    text === null ? null : `“${text}”`,
    line.pin === null || line.pin === standing.pin?.pin ? null : `${line.pin} prune`,
  ].filter((word) => word !== null)
  return words.length === 0 ? null : words.join(', ')
}

function opinionOf({ text, edit, review, pin, notes }: Standing): ReviewOpinion {
  return {
    text,
    edited: edit !== null,
    verdict: review?.status ?? null,
    author: review?.author ?? edit?.author ?? pin?.author ?? 'person',
    at: review?.at ?? edit?.at ?? null,
    note: notes.length === 0 ? null : notes.map((note) => note.text).join('\n'),
    pin: pin?.pin ?? null,
  }
}

function authorsOf({ lines }: ReviewFile): string[] {
  return [...new Set(lines.map(({ author }) => author))]
}

/** How far both judged alike: accepted, rejected, or rewritten without a verdict. What they said here before is not counted. */
function agreementOf(compared: readonly Compared[]): ReviewAgreement {
  const mine: string[] = []
  const theirs: string[] = []
  for (const { line, standing } of compared) {
    const { review, edit } = standing
    const isOthers = (document: { readonly author?: string | undefined } | null) =>
      document !== null && document.author !== line.author
    const own = isOthers(review) ? review!.status : review === null && isOthers(edit) ? 'rewritten' : null
    const other = line.verdict ?? (line.edited ? 'rewritten' : null)
    if (own === null || other === null) continue
    mine.push(own)
    theirs.push(other)
  }
  const { n, same, kappa } = cohenKappa(mine, theirs)
  if (n === 0) return { n, same, share: null, kappa }
  const { low, high } = wilsonInterval(same, n)
  return { n, same, share: { value: same / n, low, high }, kappa }
}
