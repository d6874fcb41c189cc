import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { takeWriterLock } from '../jobs/writer-lock.ts'

/** The lock of the whole folder: the one that `snip run` takes, too. */
const lockFile = 'lock'
const joinFile = 'lock.join'

/** A workspace folder that this process alone may write. */
export interface WorkspaceLock {
  /** Leaves the address at which others may join this process, readable by this user alone; null takes it back. */
  announce(address: string | null): void
  release(): void
}

/** Throws `busy` naming the process that has the folder; `detail` is then the address to join it at, if it left one. */
export function lockWorkspace(folder: string): WorkspaceLock {
  const join_ = join(folder, joinFile)
  let lock: { release(): void }
  try {
    lock = takeWriterLock(join(folder, lockFile), `the workspace ${basename(folder)}`)
  } catch (error) {
    if (error instanceof SnipError && error.kind === 'busy') throw openElsewhere(error, folder, join_)
    throw error
  }
  rmSync(join_, { force: true })
  return {
    announce(address) {
      rmSync(join_, { force: true })
      if (address === null) return
      try {
        writeFileSync(join_, address, { mode: 0o600 })
        chmodSync(join_, 0o600)
      } catch {
        // Then nobody is told where to join; that it is taken shows all the same.
      }
    },
    release() {
      rmSync(join_, { force: true })
      lock.release()
    },
  }
}

function openElsewhere(error: SnipError, folder: string, path: string): SnipError {
  const who = error.message.replace(/ is writing .*$/, '')
  const address = readAddress(path)
  return new SnipError('busy', `${who} has the workspace "${basename(folder)}" open`, {
    remedy: address === null ? 'Close it there first.' : 'Join it there, or close it there first.',
    ...(address === null ? {} : { detail: address }),
    cause: error,
  })
}

function readAddress(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null
  } catch {
    return null
  }
}
