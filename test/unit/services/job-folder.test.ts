import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { canonicalJson, describeDifferences } from '../../../src/main/services/jobs/canonical-json.ts'
import { openJobFolder } from '../../../src/main/services/jobs/job-folder.ts'
import { failureOf, scratchFolder } from './scratch.ts'

const folder = scratchFolder()
const job = { command: 'record', identity: { window: 64, sites: ['mlp'], tokens: null } }

describe('canonical JSON', () => {
  it('does not depend on the order of keys, at any depth', () => {
    expect(canonicalJson({ b: { d: 1, c: [{ y: 2, x: 1 }] }, a: null })).toBe(
      '{"a":null,"b":{"c":[{"x":1,"y":2}],"d":1}}',
    )
  })

  it('names what differs by path, and no more than asked', () => {
    expect(describeDifferences({ a: 1, b: { c: [1] } }, { a: 1, b: { c: [2] }, d: true })).toEqual([
      'b.c is [1] there and [2] here',
      'd is not set there and true here',
    ])
    expect(describeDifferences({ a: 1, b: 1 }, { a: 2, b: 2 }, 1)).toHaveLength(1)
  })
})

describe('a job folder', () => {
  it('is created with its manifest, which holds no times, and leaves no lock', () => {
    const path = join(folder, 'new/deep')
    const opened = openJobFolder(path, job)
    expect(opened.resumed).toBe(false)
    opened.close()
    expect(readdirSync(path)).toEqual(['job.json'])
    const manifest = JSON.parse(readFileSync(join(path, 'job.json'), 'utf8')) as Record<string, unknown>
    expect(Object.keys(manifest)).toEqual(['version', 'command', 'identity', 'identityHash'])
    expect(manifest['identity']).toEqual(job.identity)
  })

  it('resumes the same job, however its keys are ordered', () => {
    const path = join(folder, 'same')
    openJobFolder(path, job).close()
    const again = openJobFolder(path, { command: 'record', identity: { tokens: null, sites: ['mlp'], window: 64 } })
    expect(again.resumed).toBe(true)
    again.close()
  })

  it('refuses another job and says what differs', () => {
    const path = join(folder, 'other')
    openJobFolder(path, job).close()
    const failure = failureOf(() => openJobFolder(path, { ...job, identity: { ...job.identity, window: 32 } }))
    expect(failure.kind).toBe('exists')
    expect(failure.message).toBe('other holds another job: window is 64 there and 32 here')
    expect(failureOf(() => openJobFolder(path, { ...job, command: 'sweep' })).message).toBe(
      'other holds another job: it was made by snip record',
    )
    // The refusal has let go of the lock.
    openJobFolder(path, job).close()
  })

  it('refuses a folder with other things in it, and touches nothing there', () => {
    const path = join(folder, 'thesis')
    mkdirSync(path)
    writeFileSync(join(path, 'chapter-1.txt'), 'years of work')
    expect(failureOf(() => openJobFolder(path, job)).message).toContain('it holds chapter-1.txt')
    expect(readdirSync(path)).toEqual(['chapter-1.txt'])
  })

  it('accepts what a job killed in its first moments leaves', () => {
    const path = join(folder, 'early')
    mkdirSync(path)
    writeFileSync(join(path, 'job.json.partial'), '{"ver')
    openJobFolder(path, job).close()
    expect(readdirSync(path)).toEqual(['job.json'])
  })

  it('refuses a file, a damaged manifest and a live writer', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(failureOf(() => openJobFolder(join(folder, 'file'), job)).kind).toBe('bad-file')
    mkdirSync(join(folder, 'damaged'))
    writeFileSync(join(folder, 'damaged', 'job.json'), '{"version":2}')
    expect(failureOf(() => openJobFolder(join(folder, 'damaged'), job)).kind).toBe('exists')
    const held = openJobFolder(join(folder, 'held'), job)
    expect(failureOf(() => openJobFolder(join(folder, 'held'), job)).kind).toBe('busy')
    held.close()
  })
})
