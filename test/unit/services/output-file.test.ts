import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { forgetConceptSchema, planSchema } from '../../../src/contract/files.ts'
import { refuseOutput } from '../../../src/main/services/jobs/output-file.ts'
import { failureOf, scratchFolder } from './scratch.ts'

const folder = scratchFolder()

describe('a file to be written', () => {
  it('may replace one of the same kind, and an empty one', () => {
    const path = join(folder, 'forget.jsonl')
    refuseOutput(path, forgetConceptSchema, 'forget concepts')
    writeFileSync(path, '')
    refuseOutput(path, forgetConceptSchema, 'forget concepts')
    writeFileSync(path, '{"text":"verbs","weight":1,"extractor":"lexical"}\n{"text"')
    refuseOutput(path, forgetConceptSchema, 'forget concepts')
    writeFileSync(join(folder, 'plan.json'), '{\n  "neurons": []\n}\n')
    refuseOutput(join(folder, 'plan.json'), planSchema, 'plans')
    expect(readFileSync(path, 'utf8')).toContain('verbs')
  })

  it('never replaces anything else', () => {
    const path = join(folder, 'data.txt')
    writeFileSync(path, 'the only copy')
    const failure = failureOf(() => refuseOutput(path, planSchema, 'plans'))
    expect(failure.kind).toBe('exists')
    expect(readFileSync(path, 'utf8')).toBe('the only copy')
  })

  it('needs a folder above it and no folder in its place', () => {
    expect(failureOf(() => refuseOutput(join(folder, 'no/such/plan.json'), planSchema, 'plans')).kind).toBe('not-found')
    mkdirSync(join(folder, 'sub'))
    expect(failureOf(() => refuseOutput(join(folder, 'sub'), planSchema, 'plans')).kind).toBe('bad-file')
  })
})
