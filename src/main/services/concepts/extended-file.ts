import { existsSync, rmSync } from 'node:fs'
import { conceptSchema, type Concept } from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import { writeAside } from '../../files/write-aside.ts'
import { jsonLines, readJsonLines } from '../files-of-lines.ts'
import { failedAnswersIn, type AskedBefore, type FailedAnswers } from './failed-answers.ts'

/** A file of concepts that is extended, as it was before this work. */
export interface ExtendedFile {
  readonly lines: readonly Concept[]
  /** Those with a sentence: they stay, and their neurons are passed over. */
  readonly kept: readonly Concept[]
  readonly named: ReadonlySet<NeuronId>
  readonly failedAnswers: FailedAnswers
}

/** What `out` holds for more work with one explainer and model; nothing where it is not there. */
export function readExtended(out: string, explainer: string, author: string): ExtendedFile {
  const path = existsSync(beginningOf(out)) && existsSync(partialOf(out)) ? beginningOf(out) : out
  const lines = existsSync(path) ? readJsonLines(path, conceptSchema, 'concepts') : []
  const kept = lines.filter(({ status }) => status !== 'failed')
  return {
    lines,
    kept,
    named: new Set(kept.map(({ neuron }) => neuron)),
    failedAnswers: failedAnswersIn(lines, explainer, author),
  }
}

/** Whose neurons are passed over by the choice of what extends a file. */
export function leavesOut(extended: ExtendedFile | null, { askAnew }: AskedBefore): FailedAnswers {
  return extended === null || askAnew === true ? new Map() : extended.failedAnswers
}

/** Finished units of work that has not ended. */
export function partialOf(out: string): string {
  return `${out}.partial.jsonl`
}

/**
 * Keeps the lines that the work begins with until it ends: what it leaves in `out` under a cap, or in the moment of a kill, must not change
 * which neurons the same command asks about when it goes on.
 */
export function keepBeginning(out: string, lines: readonly Concept[]): void {
  writeAside(beginningOf(out), jsonLines(lines))
}

export function dropBeginning(out: string): void {
  rmSync(beginningOf(out), { force: true })
}

function beginningOf(out: string): string {
  return `${out}.before.jsonl`
}
