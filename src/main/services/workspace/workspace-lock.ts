import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { basename, join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { readTail } from '../../files/read-regular.ts'
import { takeWriterLock } from '../jobs/writer-lock.ts'

/** The lock of the whole folder: the one that `snip run` takes, too. */
const lockFile = 'lock'
const joinFile = 'lock.join'
const longestAddress = 1024

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
        writeFileSync(join_, address, { mode: 0o600, flag: 'wx' })
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
  // An address of another machine's own leads nowhere from here.
  const isElsewhere = / on /.test(who)
  const address = isElsewhere ? null : readAddress(path)
  const closing = (isElsewhere ? error.remedy : null) ?? 'Close it there first.'
  return new SnipError('busy', `${who} has the workspace "${basename(folder)}" open`, {
    remedy: address === null ? closing : 'Join it there, or close it there first.',
    ...(address === null ? {} : { detail: address }),
    cause: error,
  })
}

/**
 * The address that a process of this machine left. The file lies in the folder, which may come from anybody: what it says is
 * offered as a link only when it is the address of a door on this machine.
 */
function readAddress(path: string): string | null {
  try {
    const address = readTail(path, longestAddress).trim()
    const parts = /^http:\/\/(?:([\w.-]+)|\[([\da-f:.]+)\]):\d{1,5}\/#token=[\w-]{1,200}$/i.exec(address)
    const host = parts?.[1] ?? parts?.[2]
    return host !== undefined && isOwnHost(host) ? address : null
  } catch {
    return null
  }
}

function isOwnHost(host: string): boolean {
  if (host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)) return true
  return Object.values(networkInterfaces()).some((own) => own?.some(({ address }) => address === host))
}
