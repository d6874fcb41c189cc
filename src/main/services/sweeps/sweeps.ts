import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { SnipError } from '../../../contract/failure.ts'
import type { SweepPointView, SweepView } from '../../../contract/workbench/runs.ts'
import { summaryOf } from '../runs/prepare-set.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'
import { pointLineSchema, pointsFile, type SweepLine } from './sweep.ts'

type Lines = readonly (Omit<SweepLine, 'results'> & { readonly results: SweepPointView['results'] })[]

interface Read {
  readonly stamp: string
  readonly lines: Lines
}

/** Sweeps, newest first, with their points; those that are out of date say why. */
export async function listSweeps(session: Pick<WorkbenchSession, 'workspace'>): Promise<SweepView[]> {
  const workspace = session.workspace()
  const views: SweepView[] = []
  for (const [id, document] of [...workspace.store.all('sweep')].toReversed()) {
    const lines = await readPoints(workspace, document)
    const { title, at } = document
    const stale = lines === null ? 'The points of this sweep are gone' : staleSweep(document, workspace)
    views.push({
      id,
      title,
      at,
      stale,
      points: lines === null ? [] : lines.map((line) => viewOf(line, document, workspace)),
    })
  }
  return views
}

function viewOf(
  line: Lines[number],
  { rankings, measures }: Documents['sweep'],
  { store }: OpenWorkspace,
): SweepPointView {
  const ranking = rankings.find(({ label }) => label === line.ranking)
  const measure = measures.find(({ label }) => label === line.data)
  const rankingId = ranking?.ranking ?? null
  const control = ranking?.control ?? line.method === 'random'
  const known = rankingId === null ? null : store.get('ranking', rankingId)
  return {
    ranking: known?.name ?? (control ? 'Random control' : line.ranking),
    rankingId: known === null ? null : rankingId,
    method: line.method,
    k: line.k,
    percent: line.fraction * 100,
    control,
    dataset: measure?.dataset ?? null,
    name: measure?.name ?? line.data,
    side: measure?.side ?? 'retain',
    results: line.results,
  }
}

function staleSweep({ modelHash, measures, rankings }: Documents['sweep'], { store }: OpenWorkspace): string | null {
  const now = store.get('model', 'model')?.modelHash ?? null
  if (now !== null && modelHash !== null && now !== modelHash) return 'The model changed after the sweep'
  for (const { dataset } of measures) {
    if (dataset !== null && store.get('dataset', dataset) === null) return 'A data set that was measured on was removed'
  }
  for (const { ranking } of rankings) {
    if (ranking !== null && store.get('ranking', ranking) === null) return 'A ranking of this sweep was removed'
  }
  return null
}

/** Points of a sweep without the values of single units; null when the file is gone. Read once as long as it stays the same. */
async function readPoints(workspace: OpenWorkspace, { folder }: Documents['sweep']): Promise<Lines | null> {
  const path = workspace.file(...folder.split('/'), pointsFile)
  const none = () => new Map<string, Read>()
  const known = workspace.memo?.of('sweep-points', none) ?? none()
  let stamp: string
  try {
    const { size, mtimeMs } = await stat(path)
    stamp = `${size}:${mtimeMs}`
  } catch {
    return null
  }
  const before = known.get(path)
  if (before?.stamp === stamp) return before.lines
  const lines: Lines[number][] = []
  for await (const text of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    const line = readLine(text)
    if (line === null) continue
    const results = Object.fromEntries(Object.entries(line.results).map(([id, result]) => [id, summaryOf(result)]))
    lines.push({ ...line, results })
  }
  known.set(path, { stamp, lines })
  return lines
}

/** A torn last line is none. */
function readLine(text: string): SweepLine | null {
  try {
    const parsed = pointLineSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** Takes a sweep off the list. Its points stay on the disk, so that undo brings it back. */
export async function removeSweep({ store }: OpenWorkspace, id: string): Promise<void> {
  const document = store.get('sweep', id)
  if (document === null) throw new SnipError('not-found', 'There is no such sweep any more')
  await store.edit(`Removed the sweep ${document.title}`, [{ kind: 'sweep', key: id, after: null }])
}
