import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { fileError } from '../../files/write-aside.ts'

/** A lock file that this process holds. */
export interface WriterLock {
  release(): void
}

interface Holder {
  readonly pid: number
  /** When the process started, in the system's own ticks; null where the system does not tell. */
  readonly started: string | null
  readonly host: string
}

/**
 * Takes the lock file at `path` for this process. A live holder -> `busy`, naming its process; the lock of a process
 * that is gone is taken over. `what` names the locked thing in the message.
 */
export function takeWriterLock(path: string, what: string): WriterLock {
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid), host: hostname() } satisfies Holder)
  for (let attempt = 0; attempt < 5; attempt++) {
    if (createWhole(path, own)) {
      removeLeftovers(path)
      return { release: () => releaseLock(path, own) }
    }
    const text = readIfThere(path)
    if (text === null) continue
    const holder = parseHolder(text)
    if (holder !== null && isAlive(holder)) throw busy(what, holder, path)
    removeStale(path, text)
  }
  throw new SnipError('busy', `Several processes want to write ${what} at once`, { remedy: 'Run one at a time.' })
}

function busy(what: string, holder: Holder, path: string): SnipError {
  if (holder.host === hostname()) {
    const remedy = 'Wait until it ends, or stop it.'
    return new SnipError('busy', `Process ${holder.pid} is writing ${what}`, { remedy })
  }
  // Whether it still runs there cannot be seen from here: a machine that was renamed, or a container that is gone, would hold it for ever.
  return new SnipError('busy', `Process ${holder.pid} on ${printable(holder.host)} is writing ${what}`, {
    remedy: `Stop it there. When it surely runs no more, delete ${path}.`,
  })
}

/** A machine's name from a file that anybody may have written. */
function printable(host: string): string {
  return host.replaceAll(/[^\w.-]/g, '?').slice(0, 80)
}

/** Creates the lock with its content in one step, so that nobody ever sees an empty lock. False when there is one. */
function createWhole(path: string, content: string): boolean {
  const aside = `${path}.${process.pid}`
  try {
    writeFileSync(aside, content)
    linkSync(aside, path)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST') return false
    // Some file systems have no hard links: there the content follows a moment after the name.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') {
      return createPlain(path, content)
    }
    throw fileError(error, path, 'write')
  } finally {
    rmSync(aside, { force: true })
  }
}

function createPlain(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fileError(error, path, 'write')
  }
}

/** Moves a stale lock away; should another process have replaced it meanwhile, its lock is put back. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, path)
  } catch {
    // Somebody else was quicker: the next attempt sees what is there now.
  } finally {
    rmSync(aside, { force: true })
  }
}

/** Removes what processes left beside the lock that were killed while they took it. */
function removeLeftovers(path: string): void {
  const folder = dirname(path)
  for (const name of namesIn(folder)) {
    if (!name.startsWith(`${basename(path)}.`)) continue
    const pid = /^\.(\d+)(?:\.stale)?$/.exec(name.slice(basename(path).length))?.[1]
    if (pid === undefined) continue
    const maker = { pid: Number(pid), started: null, host: hostname() }
    const told = parseHolder(readIfThere(join(folder, name)) ?? '')
    if (!isAlive(maker) && (told === null || !isAlive(told))) rmSync(join(folder, name), { force: true })
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function releaseLock(path: string, own: string): void {
  if (readIfThere(path) === own) rmSync(path, { force: true })
}

function readIfThere(path: string): string | null {
  try {
    return readRegularFile(path).toString('utf8')
  } catch {
    return null
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null
    if (typeof holder?.pid !== 'number' || typeof holder.host !== 'string') return null
    return { pid: holder.pid, host: holder.host, started: holder.started ?? null }
  } catch {
    return null
  }
}

/** A process of another machine counts as alive: there is no way to tell. */
function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const fields = statOf(holder.pid)
  // Killed, but its parent has not asked for it yet: it still has a number and writes nothing any more.
  if (fields?.[0] === 'Z' || fields?.[0] === 'X') return false
  // The number may have been given to a new process since.
  const started = startIn(fields)
  return started === null || holder.started === null || started === holder.started
}

/** When a process started: field 22 of /proc/PID/stat. */
function startOf(pid: number): string | null {
  return startIn(statOf(pid))
}

function startIn(fields: readonly string[] | null): string | null {
  return fields?.[19] ?? null
}

/** /proc/PID/stat from field 3, the state, on; these follow the name in parentheses. Null where there is no such file. */
function statOf(pid: number): string[] | null {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
