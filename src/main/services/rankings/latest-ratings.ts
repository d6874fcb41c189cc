import { SnipError } from '../../../contract/failure.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Task } from '../task.ts'
import { hashOfConcepts } from './concepts-hash.ts'

/**
 * The file of the newest ratings for the data that the forget recording is of or, where none is named, for data that is to be forgotten.
 * Says so when they are for other data, and when older ones are of concepts that changed since. Throws `not-found` when nothing was
 * rated, or not for the data that is named.
 */
export function latestRatings(workspace: OpenWorkspace, forget: string | null, task: Pick<Task, 'warn'>): string {
  const { store } = workspace
  const sets = [...store.all('rating-set').values()]
  const named = forget === null ? null : (store.get('recording', forget)?.dataset ?? null)
  const isWanted = (id: string) =>
    named === null ? store.get('dataset', id)?.roles.includes('forget') === true : id === named
  const wanted = sets.findLast(({ dataset }) => isWanted(dataset))
  const latest = wanted ?? (named === null ? sets.at(-1) : undefined)
  if (latest === undefined) {
    const about = named === null ? null : (store.get('dataset', named)?.name ?? null)
    throw new SnipError(
      'not-found',
      about === null ? 'No concept is rated yet' : `No concept is rated for ${about} yet`,
      {
        remedy: 'Have a language model rate the concepts for the forget data.',
      },
    )
  }
  const { concepts, dataset } = latest
  if (wanted === undefined && [...store.all('dataset').values()].some(({ roles }) => roles.includes('forget'))) {
    task.warn(
      `The ratings are for ${store.get('dataset', dataset)?.name ?? 'data that was removed'}, which is not the forget data`,
    )
  }
  if (typeof concepts === 'string' && concepts !== hashOfConcepts(workspace)) {
    task.warn('The concepts changed after they were rated, and the ratings do not say which sentences they are of')
  }
  return workspace.file(...latest.file.split('/'))
}
