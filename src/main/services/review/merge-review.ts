import { SnipError } from '../../../contract/failure.ts'
import { namelessReviewer } from '../../../contract/workbench/call.ts'
import type {
  MergePreview,
  Resolution,
  ReviewAgreement,
  ReviewLine,
  ReviewOpinion,
} from '../../../contract/workbench/review.ts'
import { cohenKappa } from '../../../core/stats/agreement.ts'
import { wilsonInterval } from '../../../core/stats/wilson.ts'
import { changesOfEdit, changesOfVerdict, reviewerOf } from '../neurons/concept-edits.ts'
import type { NeuronData, NeuronTables } from '../neurons/neuron-tables.ts'
import { judged, latestExplanation, writtenBy } from '../neurons/verdicts.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import { editPrepared } from '../workspace/edit-prepared.ts'
import { sourceOf, standingOf, type Standing } from './opinions.ts'
import { readReviewFile, type ReviewFile } from './review-file.ts'

type Difference = MergePreview['conflicts'][number]['differs'][number]

interface Compared {
  readonly line: ReviewLine
  readonly standing: Standing
  readonly differs: readonly Difference[]
  /** What it takes to have theirs. */
  readonly changes: readonly Change[]
  /** They rejected a sentence that does not stand here. */
  readonly isOther: boolean
}

/** What another reviewer's file would bring. Changes nothing. */
export async function compareReview(
  session: Pick<WorkbenchSession, 'settings'>,
  tables: NeuronTables,
  path: string,
): Promise<MergePreview> {
  const reviewer = reviewerOf(session)
  const data = await tables.data()
  const file = readReviewFile(path)
  const compared = compare(data, file)
  const conflicts = compared.filter(({ differs }) => differs.length > 0)
  const fresh = compared.filter(({ differs, changes }) => differs.length === 0 && changes.length > 0)
  const others = compared.filter(({ isOther }) => isOther)
  const idle = others.filter(({ differs, changes }) => differs.length === 0 && changes.length === 0)
  const { modelHash } = data.evidence.recording
  return {
    hash: file.hash,
    authors: authorsOf(file),
    ownName: authorsOf(file).find((author) => author === reviewer) ?? null,
    same: compared.length - conflicts.length - fresh.length - idle.length,
    fresh: fresh.length,
    conflicts: conflicts.map(({ line, standing, differs }) => {
      const { neuron, ...theirs } = line
      return { neuron, differs: [...differs], mine: opinionOf(standing), theirs }
    }),
    otherSentences: others.length,
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
  const file = readReviewFile(request.path)
  if (file.hash !== request.hash) {
    throw new SnipError('bad-argument', 'The file changed since it was looked at', { remedy: 'Look at it again.' })
  }
  const prepare = async () => {
    const touched = compare(await tables.data(), file).flatMap(({ line, standing, differs, changes }) => {
      const resolution = differs.length === 0 ? 'theirs' : (request.resolutions[line.neuron] ?? request.others)
      if (resolution === 'mine') return []
      const own = resolution === 'theirs' ? changes : noteOfBoth(line, standing)
      return own.length === 0 ? [] : [own]
    })
    const label = `Merged the review of ${authorsOf(file).join(', ')}: ${touched.length} ${touched.length === 1 ? 'neuron' : 'neurons'}`
    return { changed: touched.length, label, changes: touched.flat() }
  }
  const { store } = (await tables.data()).workspace
  const { changed, label } = await editPrepared(store, reviewerOf(session), prepare)
  return { changed, label }
}

/** Lines of neurons of the table beside what stands there. */
function compare(data: NeuronData, { lines }: ReviewFile): Compared[] {
  return lines.flatMap((line): Compared[] => {
    if (data.evidence.rowOf(line.neuron) === null) return []
    const standing = standingOf(data, line.neuron)
    const changes = changesOf(data, line, standing)
    const isOther = line.verdict === 'rejected' && line.text.trim() !== '' && !isSame(line, standing)
    return [{ line, standing, differs: differencesOf(line, standing), changes, isOther }]
  })
}

/** Whether a line is about the very sentence that stands here: only then are verdicts compared. */
function isSame({ text }: ReviewLine, { concept }: Standing): boolean {
  return text !== '' && text === concept.text
}

/** Their sentence, where they wrote or accepted one that is not the one that stands here. */
function otherText(line: ReviewLine, standing: Standing): string | null {
  const { text, edited, verdict } = line
  if (text.trim() === '' || isSame(line, standing)) return null
  return verdict === 'accepted' || (edited && verdict === null) ? text : null
}

function differencesOf(line: ReviewLine, standing: Standing): Difference[] {
  const { concept, pin } = standing
  const { verdict } = concept
  const differs: Difference[] = []
  // Where nobody here wrote or judged the sentence, theirs is simply new.
  if (otherText(line, standing) !== null && (concept.from === 'edit' || verdict !== null)) differs.push('text')
  if (isSame(line, standing) && line.verdict !== null && verdict !== null && line.verdict !== verdict.status) {
    differs.push('verdict')
  }
  if (line.pin !== null && pin !== null && line.pin !== pin.pin) differs.push('pin')
  if (noteOf(line, standing) !== null && noteChange(line, standing, line.note ?? '').length > 0) differs.push('note')
  return differs
}

function changesOf(data: NeuronData, line: ReviewLine, standing: Standing): Change[] {
  const { neuron: key, author, text, edited, verdict, source } = line
  const { store } = data.workspace
  const { row, concept, edit, review } = standing
  const at = line.at ?? undefined
  const changes: Change[] = []
  if (otherText(line, standing) !== null) {
    if (edited) changes.push(...changesOfEdit(store, key, { text, author, at }))
    else if (edit !== null) changes.push({ kind: 'concept-edit', key, after: null })
    if (verdict === 'accepted') {
      const { author: writer = null, score = null, scoreKind = null } = source ?? {}
      const sentence = edited
        ? writtenBy({ text, author })
        : { text, author: writer, explainer: null, score, scoreKind }
      const latest = latestExplanation(store)
      changes.push({ kind: 'review', key, after: judged(review, { status: verdict, author, at, sentence, latest }) })
    }
  } else if (isSame(line, standing)) {
    if (edited && concept.from !== 'edit') {
      // Their sentence came with a file of concepts: from now on it is a person's, and no explainer's newer one takes its place.
      changes.push(...changesOfEdit(store, key, { text, author, at }).filter(({ kind }) => kind === 'concept-edit'))
    }
    if (verdict !== null) changes.push(...(changesOfVerdict(data, row, { status: verdict, author, at }) ?? []))
  }
  if (line.pin !== null && standing.pin?.pin !== line.pin) {
    changes.push({ kind: 'pin', key, after: { pin: line.pin, author } })
  }
  return line.note === null ? changes : [...changes, ...noteChange(line, standing, line.note)]
}

/** What stands here under the name of a line's author. */
function noteOf({ author }: ReviewLine, { notes }: Standing): string | null {
  return notes.find((note) => note.author === author)?.text ?? null
}

/** What they said becomes a note below what stands under their name. */
function noteOfBoth(line: ReviewLine, standing: Standing): Change[] {
  const known = noteOf(line, standing)
  const added = [theirWords(line, standing), line.note].filter((text) => text !== null).join('\n')
  return noteChange(line, standing, known === null || holds(added, known) ? added : `${known}\n${added}`)
}

/** Whether a note has all lines of another one, one after the other. */
function holds(note: string, other: string): boolean {
  return `\n${note}\n`.includes(`\n${other}\n`)
}

/** Puts a note of theirs beside the others, in the place of another one under their name; nothing when it stands there already. */
function noteChange(line: ReviewLine, standing: Standing, text: string): Change[] {
  const { neuron, author, at } = line
  const { notes } = standing
  const known = noteOf(line, standing)
  if (text.trim() === '' || (known !== null && holds(known, text))) return []
  const others = notes.filter((note) => note.author !== author)
  return [{ kind: 'review-note', key: neuron, after: { notes: [...others, { author, text, at: at ?? Date.now() }] } }]
}

/** What they decided, in words. */
function theirWords(line: ReviewLine, standing: Standing): string | null {
  const isElse = !isSame(line, standing) && line.text.trim() !== '' && (line.edited || line.verdict !== null)
  const words = [
    isSame(line, standing) && standing.concept.verdict?.status === line.verdict ? null : line.verdict,
    isElse ? `“${line.text}”` : null,
    line.pin === null || line.pin === standing.pin?.pin ? null : `${line.pin} prune`,
  ].filter((word) => word !== null)
  return words.length === 0 ? null : words.join(', ')
}

function opinionOf({ concept, edit, pin, notes }: Standing): ReviewOpinion {
  const { text, verdict } = concept
  const written = concept.from === 'edit' ? edit : null
  return {
    text,
    edited: written !== null,
    source: written !== null || text === '' ? null : sourceOf(concept),
    verdict: verdict?.status ?? null,
    author: verdict?.author ?? written?.author ?? pin?.author ?? namelessReviewer,
    at: verdict?.at ?? written?.at ?? null,
    note: notes.length === 0 ? null : notes.map((note) => note.text).join('\n'),
    pin: pin?.pin ?? null,
  }
}

function authorsOf({ lines }: ReviewFile): string[] {
  return [...new Set(lines.map(({ author }) => author))]
}

/**
 * How far both judged the same sentences alike: accepted or rejected; who wrote one stands by it. What they said here before is not
 * counted, nor what the two said of different sentences.
 */
function agreementOf(compared: readonly Compared[]): ReviewAgreement {
  const mine: string[] = []
  const theirs: string[] = []
  for (const { line, standing } of compared) {
    if (!isSame(line, standing)) continue
    const { concept, edit } = standing
    const said = concept.verdict ?? (concept.from === 'edit' ? edit : null)
    const own = said === null || said.author === line.author ? null : (concept.verdict?.status ?? 'accepted')
    const other = line.verdict ?? (line.edited ? 'accepted' : null)
    if (own === null || other === null) continue
    mine.push(own)
    theirs.push(other)
  }
  const { n, same, kappa } = cohenKappa(mine, theirs)
  if (n === 0) return { n, same, share: null, kappa }
  const { low, high } = wilsonInterval(same, n)
  return { n, same, share: { value: same / n, low, high }, kappa }
}
