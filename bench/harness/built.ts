import { basename, dirname, join, resolve } from 'node:path'

/** Folder of the built benchmarks: this module ends up in it or in its folder of chunks. */
const builtFolder = basename(import.meta.dirname) === 'chunks' ? dirname(import.meta.dirname) : import.meta.dirname

/** A file beside the built benchmarks. */
export function builtFile(name: string): string {
  return join(builtFolder, name)
}

/** A file of the repository, which the build is two folders below. */
export function repositoryFile(path: string): string {
  return resolve(builtFolder, '../..', path)
}
