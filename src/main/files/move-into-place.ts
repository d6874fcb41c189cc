import { closeSync, linkSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { SnipError } from '../../contract/failure.ts'

/**
 * Moves a finished file to a name that nothing has, in the same folder or file system. Never overwrites, not even a file that
 * appears in the same instant: a link refuses what exists, where a rename replaces it. Throws `exists`.
 */
export function moveIntoPlace(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw existsAlready(to)
    if (code === 'ENOENT' || code === 'ENOSPC') throw error
    // A file system without links: the name is taken first, by an empty file of our own.
    reserve(to)
    renameSync(from, to)
    return
  }
  rmSync(from)
}

function reserve(path: string): void {
  try {
    closeSync(openSync(path, 'wx'))
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? existsAlready(path) : error
  }
}

function existsAlready(path: string): SnipError {
  return new SnipError('exists', `${path} exists already`, {
    remedy: `Choose another name than ${basename(path)}: exports never overwrite a file.`,
  })
}

/** Moves several files of which all or none shall appear, in the order given. */
export function moveAllIntoPlace(moves: readonly { readonly from: string; readonly to: string }[]): void {
  const moved: string[] = []
  try {
    for (const { from, to } of moves) {
      moveIntoPlace(from, to)
      moved.push(to)
    }
  } catch (error) {
    for (const path of moved) rmSync(path, { force: true })
    throw error
  }
}

/** Moves a finished folder to a name that nothing has, in the same file system. Throws `exists`. */
export function moveFolderIntoPlace(from: string, to: string): void {
  if (lstatSync(to, { throwIfNoEntry: false })) throw existsAlready(to)
  try {
    renameSync(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' ? existsAlready(to) : error
  }
}
