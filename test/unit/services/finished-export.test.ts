import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportPlaces } from '../../../src/main/services/exports/export-places.ts'
import { finishedExport } from '../../../src/main/services/exports/finished-export.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder()
const file = join(folder, 'pruned.onnx')
const places = exportPlaces(file, 'onnx')
const wanted = { modelHash: 'm', planHash: 'p', realisation: 'zeroed' as const, format: 'onnx' as const }
const verification = {
  passed: true,
  maxAbsLogit: 0,
  largestLogit: 10,
  maxAbsLossNats: 0,
  sameGreedyText: true,
  comparedTokens: 64,
  tolerance: 1e-4,
}
const manifest = {
  version: 1,
  program: { name: 'snip-workbench', version: '1.0.0', onnxRuntime: '1.22.0' },
  ...wanted,
  plan: { version: 1, neurons: ['mlp:0:1'], replacement: 'zero' },
  files: [{ name: 'pruned.onnx', bytes: 4, sha256: 'x' }],
  verification,
}

describe('an export whose process was killed before it was on the list', () => {
  it('is found again when it is whole and the one that is wanted', () => {
    writeFileSync(file, 'onnx')
    writeFileSync(join(folder, 'pruned.manifest.json'), JSON.stringify(manifest))
    expect(finishedExport(places, wanted)).toEqual(manifest)
  })

  it('is not taken for one of another plan, model, realisation or format', () => {
    expect(finishedExport(places, { ...wanted, planHash: 'other' })).toBeNull()
    expect(finishedExport(places, { ...wanted, modelHash: 'other' })).toBeNull()
    expect(finishedExport(places, { ...wanted, realisation: 'compact' })).toBeNull()
    expect(finishedExport(places, { ...wanted, format: 'checkpoint' })).toBeNull()
  })

  it('is not taken when a file is missing or cut short', () => {
    writeFileSync(file, 'onn')
    expect(finishedExport(places, wanted)).toBeNull()
    rmSync(file)
    expect(finishedExport(places, wanted)).toBeNull()
  })
})
