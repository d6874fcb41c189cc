import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { subjectSif } from '../../../src/core/concepts/embedders/subject-sif.ts'
import { pairArea } from '../../../src/core/concepts/scorers/pair-area.ts'
import { decodeWeights } from '../../../src/core/numbers/half.ts'
import { readSafetensorsHeader } from '../../../src/core/onnx/safetensors.ts'
import { createTokenizer } from '../../../src/core/tokenizer/tokenizer.ts'
import { withFile } from '../../../src/main/files/file-source.ts'

const demo = resolve(import.meta.dirname, '../../../resources/demo')
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

interface Pair {
  readonly a: string
  readonly b: string
  readonly related: boolean
}

/** The demo model's own embeddings, with frequencies of the demo's probing corpus. */
function demoInput(sentences: readonly string[]) {
  const tokenizer = createTokenizer(readJson(join(demo, 'model/tokenizer.json')))
  const path = join(demo, 'model/model.safetensors')
  const embeddings = withFile(path, 'model.safetensors', (file) => {
    const entry = readSafetensorsHeader(file).tensors.find(({ name }) => name === 'transformer.wte.weight')!
    return decodeWeights(entry.dtype, file.read(entry.offset, entry.byteLength))
  })
  const tokenCounts = new Uint32Array(4096)
  for (const id of tokenizer.encodeDocument(readFileSync(join(demo, 'data/probe.txt'), 'utf8'))) tokenCounts[id]! += 1
  return { embeddings, width: 192, tokenCounts, encode: (text: string) => tokenizer.encode(text), sentences }
}

it('the default embedder tells 50 related concept pairs from 50 unrelated ones, the unmodified one of the paper does not', () => {
  const pairs = readJson(resolve(import.meta.dirname, '../../fixtures/concepts/pairs.json')) as Pair[]
  expect(pairs.filter(({ related }) => related)).toHaveLength(50)
  expect(pairs.filter(({ related }) => !related)).toHaveLength(50)
  const input = demoInput(pairs.flatMap(({ a, b }) => [a, b]))
  const areaOf = (preset: string) => pairArea(subjectSif.create(input, subjectSif.presets[preset]!), pairs)
  expect(areaOf('corrected')).toBeGreaterThan(0.95)
  expect(areaOf('paper')).toBeLessThan(0.8)
})
