import { SnipError, type Failure } from '../../../contract/failure.ts'

/** The folder of the jobs was moved or removed while they were open. */
export function folderGone(folder: string): SnipError {
  return new SnipError('not-found', `The folder ${folder} is gone`, {
    remedy: 'Put the workspace back where it was, or open another one.',
  })
}

/** No job of that id is in the open workspace. */
export function jobGone(): SnipError {
  return new SnipError('not-found', 'That job is no longer there', { remedy: 'Look at the list of jobs.' })
}

/** There is no workspace that a job could belong to. */
export function noWorkspace(): SnipError {
  return new SnipError('not-found', 'No workspace is open', { remedy: 'Open or create one first.' })
}

/** A failure's advice for somebody who has a button in place of a command line. */
export function forTheScreen(failure: Failure): Failure {
  if (failure.kind !== 'host-died') return failure
  return { ...failure, remedy: 'Resume the job: finished units are kept and it goes on where it stopped.' }
}
