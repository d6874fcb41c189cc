import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * Files and folders that a start names, by a double click or `snip-workbench FILE`. The first word is the program; where it
 * is not packaged the second is its folder. Words that begin with a dash are options of Chromium's.
 */
export function pathsOfArguments(words: readonly string[], workingFolder: string, packaged: boolean): string[] {
  return words
    .slice(packaged ? 1 : 2)
    .filter((word) => word !== '' && !word.startsWith('-'))
    .map((word) => resolve(workingFolder, word))
    .filter((path) => existsSync(path))
}

/** What to do with something that was opened from outside. */
export type Opened =
  | { readonly kind: 'workspace'; readonly folder: string }
  /** Handed to the page like a drop on the window. */
  | { readonly kind: 'drop'; readonly path: string }

/** A folder with workspace.json, or that file itself, is a workspace; the page finds out about all others. */
export function openedAs(path: string): Opened {
  if (basename(path) === 'workspace.json') return { kind: 'workspace', folder: dirname(path) }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() && existsSync(join(path, 'workspace.json'))) {
    return { kind: 'workspace', folder: path }
  }
  return { kind: 'drop', path }
}
