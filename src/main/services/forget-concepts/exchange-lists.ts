import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { forgetConceptSchema } from '../../../contract/files.ts'
import type { ConceptSide, FoundForgetConcepts, TakeList } from '../../../contract/workbench/forget-concepts.ts'
import { besideKnown, type ForgetConceptRow } from '../../../core/exchange/read-forget-concepts.ts'
import { writeAside } from '../../files/write-aside.ts'
import { jsonLines } from '../files-of-lines.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { reviewerOf } from '../neurons/concept-edits.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'
import { kindOfSide } from './extract-job.ts'
import { nameOfList } from './forget-concept-list.ts'
import { lineOfConcept, readListFile, wholeListFile } from './list-file.ts'

/** Concepts shown before they are taken in. */
const sampleSize = 12
const sides = ['forget', 'protected'] as const

/** Both lists of a workspace, that of the forget concepts first. */
export function bothLists(workspace: OpenWorkspace): ForgetConceptRow[] {
  return sides.flatMap((side) =>
    [...workspace.store.all(kindOfSide[side]).values()].map((concept) => ({ side, ...concept })),
  )
}

/** What a file would bring to the lists. Changes nothing. */
export function lookAtForgetFile(workspace: OpenWorkspace, path: string, side: ConceptSide): FoundForgetConcepts {
  return compareLists(workspace, path, side).found
}

/** Takes a file that was looked at, as one step of undo. Throws `bad-argument` when it changed since. */
export async function importForgetFile(
  session: WorkbenchSession,
  path: string,
  { side, hash, how }: { readonly side: ConceptSide; readonly hash: string; readonly how: TakeList },
): Promise<FoundForgetConcepts> {
  const workspace = session.workspace()
  const { found, compared, others } = compareLists(workspace, path, side)
  if (found.hash !== hash) {
    throw new SnipError('bad-argument', 'The file changed since it was looked at', { remedy: 'Look at it again.' })
  }
  const { store } = workspace
  const name = basename(path)
  const put = ({ row, id }: Compared): Change => {
    const { side: on, ...after } = row
    return { kind: kindOfSide[on], key: how === 'merge' && id !== null ? id : store.newId(), after }
  }
  if (how === 'merge') {
    const taken = compared.filter(({ becomes }) => becomes !== 'same')
    const count = `${taken.length} ${taken.length === 1 ? 'concept' : 'concepts'}`
    await store.edit(`Imported ${count} from ${name}`, taken.map(put), reviewerOf(session))
    return found
  }
  // In the order of the file: an embedder that sums over all texts gives the same vectors only in the same order.
  const gone = [...compared, ...others].flatMap(({ kind, id }) => (id === null ? [] : [{ kind, key: id, after: null }]))
  const lists = sidesOf(compared).map((on) => `${nameOfList[kindOfSide[on]]}s`)
  await store.edit(
    `Replaced the ${lists.join(' and ')} by those of ${name}`,
    [...gone, ...compared.map(put)],
    reviewerOf(session),
  )
  return found
}

/** The same for the command line: a list becomes forget.jsonl, alone or merged into the one that is there by equal sentence. */
export function convertForgetConcepts(path: string, out: string, side: ConceptSide, merges: boolean) {
  refuseOutput(out, forgetConceptSchema, 'forget concepts')
  const { rows, format, rejected, rejectedCount } = readListFile(path, side)
  const wanted = rows.filter((row) => row.side === side)
  const kept = new Map<string, ForgetConceptRow>()
  if (merges && existsSync(out)) for (const row of wholeListFile(out, side)) kept.set(`${row.side} ${row.text}`, row)
  for (const given of wanted) {
    const key = `${given.side} ${given.text}`
    kept.set(key, besideKnown(given, kept.get(key) ?? null))
  }
  if (wanted.length === 0) {
    throw new SnipError('bad-data', `${basename(path)} holds no ${side} concept`, {
      remedy: 'Check the file, or import it as the other kind.',
    })
  }
  writeAside(out, jsonLines([...kept.values()].map(lineOfConcept)))
  return {
    format,
    concepts: wanted.length,
    all: kept.size,
    others: rows.length - wanted.length,
    rejected,
    rejectedCount,
  }
}

interface Compared {
  readonly row: ForgetConceptRow
  readonly kind: (typeof kindOfSide)[ConceptSide]
  /** The equal sentence that is there. */
  readonly id: string | null
  readonly becomes: FoundForgetConcepts['sample'][number]['becomes']
  readonly before: { readonly weight: number; readonly enabled: boolean } | null
}

function compareLists(workspace: OpenWorkspace, path: string, side: ConceptSide) {
  const { rows, format, hash, rejected, rejectedCount } = readListFile(path, side)
  const own = { forget: byText(workspace, 'forget'), protected: byText(workspace, 'protected') }
  const compared = rows.map((given): Compared => {
    const kind = kindOfSide[given.side]
    const { id, document } = own[given.side].get(given.text) ?? { id: null, document: null }
    const row = besideKnown(given, document)
    if (document === null) return { row, kind, id, becomes: 'fresh', before: null }
    const { weight, enabled } = document
    const isSame = weight === row.weight && enabled === row.enabled
    return { row, kind, id, becomes: isSame ? 'same' : 'changed', before: { weight, enabled } }
  })
  const held = new Set(compared.flatMap(({ id }) => id ?? []))
  const others = sidesOf(compared).flatMap((on) =>
    [...own[on].values()].flatMap(({ id }) => (held.has(id) ? [] : [{ kind: kindOfSide[on], id }])),
  )
  const of = (becomes: Compared['becomes']) => compared.filter((one) => one.becomes === becomes)
  const found: FoundForgetConcepts = {
    hash,
    format,
    forget: rows.filter((row) => row.side === 'forget').length,
    protected: rows.filter((row) => row.side === 'protected').length,
    fresh: of('fresh').length,
    same: of('same').length,
    changed: of('changed').length,
    others: others.length,
    rejectedCount,
    rejected: [...rejected],
    sample: [...of('changed'), ...of('fresh'), ...of('same')]
      .slice(0, sampleSize)
      .map(({ row, becomes, before }) => ({ ...row, becomes, before })),
  }
  return { found, compared, others }
}

function byText(workspace: OpenWorkspace, side: ConceptSide) {
  const list = [...workspace.store.all(kindOfSide[side])]
  return new Map(list.map(([id, document]) => [document.text, { id, document }]))
}

/** The sides that a file holds concepts of: only their lists are replaced. */
function sidesOf(compared: readonly Compared[]): ConceptSide[] {
  return sides.filter((side) => compared.some(({ row }) => row.side === side))
}
