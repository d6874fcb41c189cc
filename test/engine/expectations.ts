import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import { SnipError, type FailureKind } from '../../src/contract/failure.ts'
import type { Plan } from '../../src/contract/files.ts'

/** A folder for the files of one test file, gone after its last test. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `snip-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function planOf(neurons: readonly string[]): Plan {
  return { version: 1, neurons: [...neurons], replacement: 'zero' }
}

/** The largest |a - b|; Infinity where one of the two is no number. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference
  }
  return largest
}

/** What a call throws; fails when it succeeds. */
export async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('The call was expected to fail, and succeeded')
}

/** Checks that a call fails for a reason that a person can read: its kind, one sentence that says where, what to do. */
export async function expectFailure(
  call: () => unknown,
  kind: FailureKind,
  ...says: readonly (string | RegExp)[]
): Promise<SnipError> {
  const failure = await expectAnyFailure(call)
  for (const part of says) {
    if (typeof part === 'string') expect(failure.message).toContain(part)
    else expect(failure.message).toMatch(part)
  }
  expect(failure.kind, failure.message).toBe(kind)
  return failure
}

/** The same, whatever the reason. */
export async function expectAnyFailure(call: () => unknown): Promise<SnipError> {
  const error = await failureOf(call)
  expect(error, String(error)).toBeInstanceOf(SnipError)
  const failure = error as SnipError
  expect(failure.message).toMatch(/^\S.{10,}$/)
  expect(failure.remedy, failure.message).toMatch(/^[A-Z].{5,}\.$/)
  return failure
}
