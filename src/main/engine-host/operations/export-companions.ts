import type { PlannedFile } from '../../../core/pruning/planned-file.ts'

/** A file that a folder takes over from the source: the tokenizer and the like. */
export interface Companion {
  /** Full path of the file. */
  readonly from: string
  readonly name: string
  readonly bytes: number
}

/** The file as it is. */
export function copyOf({ from, name, bytes }: Companion): PlannedFile {
  return { name, parts: [{ kind: 'copy', file: from, offset: 0, byteLength: bytes }] }
}
