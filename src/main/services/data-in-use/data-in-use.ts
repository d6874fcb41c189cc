import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { ClozeQuestion, Dataset, Document, Rejection } from '../../../core/data/dataset.ts'
import { clozeForgetCount, splitCloze } from '../../../core/data/split.ts'
import { clozeDocumentText } from '../../../core/data/formats/cbt.ts'
import { hashDocuments, readDataset, type ReadDatasetOptions } from '../datasets/index.ts'
import type { ImageSource } from '../images/image-source.ts'
import type { Task } from '../task.ts'

/** Which questions of a cloze file: 1 to 100 are the forget set, the rest are for evaluation. */
export const clozeSplits = ['evaluation', 'forget', 'all'] as const
export type ClozeSplit = (typeof clozeSplits)[number]

/** A data file as a person asks for it. */
export interface DataRequest {
  readonly path: string
  readonly options?: ReadDatasetOptions
  /** Columns of a Parquet file of images; found by their types and names when left out. */
  readonly imageColumn?: string
  readonly labelColumn?: string
  /** Counts for cloze files only. */
  readonly split: ClozeSplit
}

/** The documents of one piece of work, and their hash. */
export interface DataInUse {
  /** The path as it was asked for. */
  readonly path: string
  readonly kind: 'text' | 'rows' | 'cloze' | 'images'
  readonly documents: readonly Document[]
  /** Questions of a cloze file; `cloze[i]` is `documents[i]`. */
  readonly cloze: readonly ClozeQuestion[] | null
  readonly split: ClozeSplit | null
  /** Of images, which have no documents. */
  readonly images?: ImageSource
  /** Row data keep windows shorter than the others; plain text drops its last short one. */
  readonly keepShort: boolean
  readonly dataHash: string
  /** What was left out, one sentence each; results repeat it. */
  readonly warnings: readonly string[]
}

/** Reads a data file and, of a cloze file, takes the questions of the split. Says what was left out. */
export async function loadData(request: DataRequest, task: Task): Promise<DataInUse> {
  const dataset = await readDataset(request.path, request.options ?? {})
  const data = takeSplit(dataset, request)
  data.warnings.forEach((sentence) => task.warn(sentence))
  return data
}

/** The documents of a data set that a request asks for: all, or those of a split of a cloze file. */
export function takeSplit(dataset: Dataset, request: Pick<DataRequest, 'path' | 'split'>): DataInUse {
  const name = basename(request.path)
  const warnings = rejectionWarning(name, dataset.rejected)
  const { kind, documents, cloze } = dataset
  const common = { path: request.path, kind, keepShort: kind !== 'text', warnings }
  if (cloze === undefined || request.split === 'all') {
    const split = cloze === undefined ? null : request.split
    return { ...common, documents, cloze: cloze ?? null, split, dataHash: dataset.dataHash }
  }
  const questions = splitCloze(cloze)[request.split]
  if (questions.length === 0) throw emptySplit(name, request.split)
  const used = questions.map((question, row) => ({ text: clozeDocumentText(question), row }))
  return { ...common, documents: used, cloze: questions, split: request.split, dataHash: hashDocuments(used) }
}

function rejectionWarning(name: string, rejected: readonly Rejection[]): string[] {
  const [first] = rejected
  if (first === undefined) return []
  const count = rejected.length === 1 ? '1 row was' : `${rejected.length} rows were`
  return [`${name}: ${count} left out, the first on line ${first.line}: ${first.reason}`]
}

function emptySplit(name: string, split: ClozeSplit): SnipError {
  const why =
    split === 'evaluation'
      ? `${name} has no question after number ${clozeForgetCount}, and the first ${clozeForgetCount} are the forget set`
      : `${name} has no question among the first ${clozeForgetCount}, which are the forget set`
  return new SnipError('bad-data', why, { remedy: 'Use --split all to take every question of the file.' })
}
