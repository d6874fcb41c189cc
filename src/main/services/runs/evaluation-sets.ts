import { SnipError } from '../../../contract/failure.ts'
import type { DataRequest } from '../data-in-use/data-in-use.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Documents } from '../workspace/documents.ts'

export interface DatasetInUse {
  readonly id: string
  readonly document: Documents['dataset']
  /** As the services that read data take it. */
  readonly request: DataRequest
}

/** An imported data set. Throws `not-found` when the workspace has it no more. */
export function datasetInUse(workspace: OpenWorkspace, id: string): DatasetInUse {
  const document = workspace.store.get('dataset', id)
  if (document === null) {
    throw new SnipError('not-found', 'There is no such data set any more', { remedy: 'Choose another data set.' })
  }
  const { textColumn, where, sample, seed, split } = document.mapping
  return {
    id,
    document,
    request: {
      path: workspace.pathOf(document.place),
      split,
      options: {
        ...(textColumn === null ? {} : { textColumn }),
        ...(where === null ? {} : { where }),
        ...(sample === null ? {} : { sample, seed }),
      },
    },
  }
}

/** A data set that measures are taken on, and which way they should go there. */
export interface EvaluationSet extends DatasetInUse {
  readonly side: 'forget' | 'retain'
  /** The metric that fits its kind. */
  readonly metric: 'lm' | 'cloze'
}

/** The data sets with an evaluation role: those to forget first, each side in order of import. */
export function evaluationSets(workspace: OpenWorkspace): EvaluationSet[] {
  const sets: EvaluationSet[] = []
  for (const side of ['forget', 'retain'] as const) {
    for (const [id, { roles, kind }] of workspace.store.all('dataset')) {
      if (!roles.includes(`evaluate-${side}`) || sets.some((set) => set.id === id)) continue
      sets.push({ ...datasetInUse(workspace, id), side, metric: kind === 'cloze' ? 'cloze' : 'lm' })
    }
  }
  return sets
}

/** The same, or those of them that are named. Throws `bad-argument` when there is none, or a named one has no such role. */
export function requireEvaluationSets(
  workspace: OpenWorkspace,
  named: readonly string[] | null = null,
): EvaluationSet[] {
  const all = evaluationSets(workspace)
  const without = named?.find((id) => !all.some((set) => set.id === id))
  if (without !== undefined) {
    const name = workspace.store.get('dataset', without)?.name ?? without
    throw new SnipError('bad-argument', `${name} is no data set with an evaluation role`, {
      remedy: 'Choose among those that have one.',
    })
  }
  const sets = named === null ? all : all.filter(({ id }) => named.includes(id))
  if (sets.length > 0) return sets
  throw new SnipError('bad-argument', 'No data set is there to measure on', {
    remedy: 'Give a data set the role "evaluate: forget" or "evaluate: retain".',
  })
}
