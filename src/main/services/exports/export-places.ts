import { basename, dirname, extname, join } from 'node:path'
import type { ExportFormat } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'

/** Where the parts of an export lie. */
export interface ExportPlaces {
  /** The .onnx file, or the folder. */
  readonly file: string
  readonly manifest: string
  /** Milliseconds per token: the only part that differs between two exports of the same plan. */
  readonly timing: string
  /** There while the export is not finished: which job it is. */
  readonly marker: string
  /** Folder that the names of files are relative to. */
  readonly folder: string
  /** What the export makes, and what must not be there before. */
  readonly own: readonly string[]
}

export function exportPlaces(file: string, format: ExportFormat): ExportPlaces {
  const marker = `${file}.unfinished`
  if (format === 'onnx') {
    const stem = join(dirname(file), basename(file, extname(file)))
    const manifest = `${stem}.manifest.json`
    const timing = `${stem}.timing.log`
    return { file, manifest, timing, marker, folder: dirname(file), own: [file, `${file}.data`, manifest, timing] }
  }
  const manifest = join(file, `${basename(file)}.manifest.json`)
  return { file, manifest, timing: join(file, 'timing.json'), marker, folder: file, own: [file] }
}

/** Throws `bad-argument` for a name that does not fit the format. */
export function checkExportName(file: string, format: ExportFormat, given: string): void {
  const isOnnx = extname(file).toLowerCase() === '.onnx'
  if (format === 'onnx' && !isOnnx) {
    throw new SnipError('bad-argument', `${given} does not end in .onnx`, {
      remedy: 'Name a file such as pruned.onnx.',
    })
  }
  if (format !== 'onnx' && isOnnx) {
    throw new SnipError('bad-argument', `${given} ends in .onnx, but this format is a folder`, {
      remedy: 'Name a folder such as pruned.',
    })
  }
}
