import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ModelFacts } from '../../../src/contract/engine-host.ts'
import type { Plan } from '../../../src/contract/files.ts'
import { exportModel } from '../../../src/main/services/exports/export-model.ts'
import { describeJob } from '../../../src/main/services/jobs/job-folder.ts'
import { planHashOf } from '../../../src/main/services/plans/plans.ts'
import type { Models } from '../../../src/main/services/models/models.ts'
import { quietTask } from '../../../src/main/services/task.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder()
const plan: Plan = { version: 1, neurons: ['mlp:0:1'], replacement: 'zero' }
const modelHash = 'a'.repeat(64)
const verification = { passed: true, maxAbsLogit: 0 }

/** An engine that writes a word in place of a model. */
function modelsOf(source: string): Models {
  const client = {
    probe: () => Promise.resolve({ onnxRuntime: '1.30.0' }),
    exportModel: ({ file }: { file: string }) => {
      writeFileSync(file, 'exported', { flag: 'wx' })
      const done = { kind: 'done', files: [{ name: 'm.onnx', bytes: 8, sha256: 'b' }], verification, notes: [] }
      return Promise.resolve([done].values())
    },
  }
  const facts = { handle: 'model-1', path: source, source: 'checkpoint', weightBytes: 8 } as ModelFacts
  return {
    openFor: () => Promise.resolve(facts),
    modelHash: () => Promise.resolve(modelHash),
    engine: { client },
  } as unknown as Models
}

function setUp(name: string) {
  const source = join(folder, `${name}-model`)
  const target = join(folder, name)
  for (const path of [source, target]) mkdirSync(path)
  writeFileSync(join(source, 'tokenizer.json'), '{"mine":1}')
  const out = join(target, 'm.onnx')
  const request = { model: { path: source, tokenizer: null }, plan, realisation: 'zeroed', out, weights: null } as const
  return { target, out, run: () => exportModel(modelsOf(source), request, quietTask()) }
}

describe('an export', () => {
  it('leaves the file, its manifest without times, and the tokenizer', async () => {
    const { target, run } = setUp('new')
    const { contents } = await run()
    expect(contents).toMatchObject({ modelHash, planHash: planHashOf(plan), verification, realisation: 'zeroed' })
    expect(JSON.parse(readFileSync(join(target, 'm.manifest.json'), 'utf8'))).toEqual(contents)
    expect(readFileSync(join(target, 'tokenizer.json'), 'utf8')).toBe('{"mine":1}')
    expect(contents.files).toEqual([
      { name: 'm.onnx', bytes: 8, sha256: 'b' },
      { name: 'tokenizer.json', bytes: 10, sha256: createHash('sha256').update('{"mine":1}').digest('hex') },
    ])
    expect(existsSync(join(target, 'm.onnx.unfinished'))).toBe(false)
    await expect(run()).rejects.toMatchObject({ kind: 'exists' })
  })

  it('never overwrites a file, external weights or a manifest of others', async () => {
    for (const name of ['m.onnx', 'm.onnx.data', 'm.manifest.json']) {
      const { target, run } = setUp(`foreign-${name}`)
      writeFileSync(join(target, name), 'precious')
      await expect(run()).rejects.toMatchObject({ kind: 'exists' })
      expect(readFileSync(join(target, name), 'utf8')).toBe('precious')
    }
  })

  it('refuses a folder that holds the tokenizer of another model, before anything is written', async () => {
    const { target, out, run } = setUp('tokenizer')
    writeFileSync(join(target, 'tokenizer.json'), '{"other":1}')
    await expect(run()).rejects.toMatchObject({ kind: 'exists' })
    expect(existsSync(out)).toBe(false)
  })

  it('finishes what an interrupted run of the same export left, and nobody else’s', async () => {
    const identity = { modelHash, planHash: planHashOf(plan), realisation: 'zeroed', weights: 'inline' }
    const own = setUp('own')
    writeFileSync(own.out, 'written, but without a manifest')
    writeFileSync(`${own.out}.unfinished`, JSON.stringify(describeJob({ command: 'export', identity })))
    await own.run()
    expect(readFileSync(own.out, 'utf8')).toBe('exported')
    const other = setUp('other')
    writeFileSync(other.out, 'of another plan')
    const foreign = describeJob({ command: 'export', identity: { ...identity, planHash: 'c'.repeat(64) } })
    writeFileSync(`${other.out}.unfinished`, JSON.stringify(foreign))
    await expect(other.run()).rejects.toMatchObject({ kind: 'exists' })
    expect(readFileSync(other.out, 'utf8')).toBe('of another plan')
  })
})
