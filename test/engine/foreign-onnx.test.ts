import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelFactsSchema } from '../../src/contract/engine-host.ts'
import type { Plan } from '../../src/contract/files.ts'
import { scanModel } from '../../src/core/onnx/model-scanner.ts'
import { recordingFiles } from '../../src/core/recording/recording-format.ts'
import { modelFacts, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { windowActivations } from '../../src/main/engine-host/operations/activations.ts'
import { clozeLosses, layoutQuestions } from '../../src/main/engine-host/operations/cloze.ts'
import { makeCorpus } from '../../src/main/engine-host/operations/corpora.ts'
import { generate } from '../../src/main/engine-host/operations/generate.ts'
import { sequenceLogits } from '../../src/main/engine-host/operations/logits.ts'
import { embedTexts } from '../../src/main/engine-host/operations/embed.ts'
import { promotedTokens } from '../../src/main/engine-host/operations/promoted-tokens.ts'
import { corpusLosses } from '../../src/main/engine-host/operations/losses.ts'
import { recordCorpus } from '../../src/main/engine-host/operations/record.ts'
import { floatOutput, int64Tensor, purposes } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { planFeeds, silencedBy } from '../../src/main/engine-host/sessions/plan-feeds.ts'
import { createSession } from '../../src/main/engine-host/sessions/session.ts'
import { withFile } from '../../src/main/files/file-source.ts'
import { gptStyle, type DecoderStyle } from '../support/onnx-builder/style.ts'
import { namedStyles } from '../support/onnx-builder/styles.ts'
import { expectFailure, largestDifference, planOf, scratchFolder } from './expectations.ts'
import { logprobsOf } from './exported-session.ts'
import {
  bytesOf,
  copyTorchExport,
  exportForeign,
  fewNeurons,
  fileLogits,
  fixSizes,
  open,
  resultOf,
  someIds,
  writeStyle,
} from './foreign-models.ts'

const work = scratchFolder('foreign-onnx')
const vocabulary = 61
const ids = someIds(9)
const embedding = { embedder: 'subject-sif', texts: ['the cat', 'a dog'], recording: null }
const texts = ['the cat sat on a mat. the dog saw the cat', 'one more text of words', 'and another one here']
let count = 0

function styleOf(name: string): DecoderStyle {
  const found = namedStyles().find((style) => style.name === name)
  if (!found) throw new Error(`There is no style ${name}`)
  return found.style
}

function place(name: string): string {
  const folder = join(work, `model-${count++}`)
  return name.endsWith('.onnx') ? copyTorchExport(folder, name) : writeStyle(folder, styleOf(name))
}

function newFolder(): string {
  const folder = join(work, `out-${count++}`)
  mkdirSync(folder)
  return folder
}

const largestOf = (values: Float32Array) => values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)

/** The masked model with its nodes run as they are written. */
async function maskedLogits(model: OpenModel, plan: Plan): Promise<Float32Array> {
  const bytes = model.graphs.bytes(purposes.logits, silencedBy(model, plan)?.silenced)
  const settings = { provider: 'cpu', threads: 1, prepacking: false, optimisation: 'basic' } as const
  const session = await createSession(bytes, model.weights.folder, settings)
  const results = await session.run({ input_ids: int64Tensor(ids, [1, ids.length]), ...planFeeds(model, plan) })
  const logits = floatOutput(results, 'logits')
  await session.release()
  return logits
}

const everyOperation = [
  'gpt, opset 13, Gemm, fused projections',
  'gpt with a cache, names that say nothing',
  'llama, merged, names that say nothing',
  'gpt, MatMulInteger',
  'llama, 16 bits beside the model',
  'gated-17.onnx',
]
const logitsAlone = [
  'gpt, opset 11, decomposed, not folded',
  'gpt, DynamicQuantizeMatMul',
  'gpt, DequantizeLinear',
  'gpt, opset 23, Attention',
  'llama, 4 bits, GroupQueryAttention',
  'separate-11.onnx',
  'conv1d-13.onnx',
  'separate-17-f16.onnx',
]

describe.each([...everyOperation, ...logitsAlone])('%s', (name) => {
  let path: string
  let model: OpenModel

  beforeAll(async () => {
    path = place(name)
    model = await open(path)
  })
  afterAll(() => model.sessions.release())

  test('has the logits of its file', async () => {
    const expected = await fileLogits(path, model, ids)
    const logits = await sequenceLogits(model, ids, null)
    expect(largestDifference(logits, expected)).toBeLessThanOrEqual(1e-5 * largestOf(expected))
  })

  test('under a plan has the logits of the pruned file, bit for bit, which is the same file but for the rows', async () => {
    const plan = fewNeurons(model)
    const { file, verification } = await exportForeign(model, newFolder(), plan, 'zeroed')
    expect(verification).toMatchObject({ passed: true, maxAbsLogit: 0, maxAbsLossNats: 0, tolerance: 0 })
    const pruned = await fileLogits(file, model, ids)
    expect(largestDifference(await maskedLogits(model, plan), pruned)).toBe(0)
    const logits = await sequenceLogits(model, ids, plan)
    expect(largestDifference(logits, pruned)).toBeLessThanOrEqual(1e-5 * largestOf(pruned))
    expect(largestDifference(logits, await sequenceLogits(model, ids, null))).toBeGreaterThan(1e-4 * largestOf(pruned))
    expectSameBytes(model, dirname(path), dirname(file))
  })

  if (!everyOperation.includes(name)) return

  test('losses are those of the file, a recording sums its activations', async () => {
    const documents = texts.map((text) => ({ text }))
    const corpus = await makeCorpus(model, { documents, keepShort: true, window: 10, tokens: null }, undefined)
    const { losses, ranks } = await resultOf(corpusLosses(model, corpus, null, true, undefined))
    const quantises = model.discovery!.planBy === 'zeroed-weights'
    // One scale for all tokens of a batch: the file alone does not have it.
    for (let w = 0; w < (quantises ? 0 : 2); w++) {
      const window = [...corpus.ids.subarray(w * 10, w * 10 + corpus.lengths[w]!)]
      const expected = logprobsOf(await fileLogits(path, model, window), window)
      const row = losses.subarray(w * 9, w * 9 + window.length - 1)
      const negative = expected.map((logprob) => -logprob)
      expect(largestDifference(row, negative)).toBeLessThan(model.graphs.optimisation === 'basic' ? 2e-3 : 1e-5)
    }
    expect(ranks!.filter((rank) => rank >= 0 && rank < vocabulary).length).toBeGreaterThan(20)

    const folder = newFolder()
    const sites = ['mlp', 'attention'] as const
    const summary = await resultOf(recordCorpus(model, corpus, folder, sites, 1, undefined))
    const { mlp, attention } = model.shape.neurons
    expect(summary.neurons).toBe([...mlp, ...attention].reduce((sum, width) => sum + width, 0))
    expect(readdirSync(folder)).toContain(recordingFiles.statistics)
    const neuron = { site: 'mlp', layer: 1, index: 5 } as const
    const windows = [someIds(5, 2), someIds(8, 3)]
    const [activations] = await windowActivations(model, windows, [neuron], undefined)
    expect(activations!.map((values) => values.length)).toEqual([5, 8])
    expect(activations!.flatMap((values) => [...values]).some((value) => value !== 0)).toBe(true)
  })

  test('generates what its file finds likeliest, and answers cloze questions', async () => {
    const plan = fewNeurons(model)
    const quantises = model.discovery!.planBy === 'zeroed-weights'
    const settings = { maxNewTokens: 5, temperature: 0, seed: 1 }
    const prompt = ids.slice(0, 4)
    const { ids: made } = await resultOf(generate(model, prompt, plan, settings, undefined))
    expect(made.length).toBeGreaterThan(0)
    const sequence = [...prompt]
    // With one scale for all tokens at once, a step with the cache differs from the whole sequence.
    for (const id of quantises ? [] : made) {
      const logits = (await sequenceLogits(model, sequence, plan)).subarray((sequence.length - 1) * vocabulary)
      expect(logits[id]! + 1e-3 * largestOf(logits)).toBeGreaterThanOrEqual(Math.max(...logits))
      sequence.push(id)
    }
    const start = 'the cat sat on the '
    const questions = [['mat', 'dog'].map((word) => ({ text: `${start}${word}.`, choiceStart: 19, choiceEnd: 22 }))]
    const [layout] = await layoutQuestions(model, questions, undefined)
    if (!layout?.ok) throw new Error('refused')
    const [answer] = await resultOf(clozeLosses(model, [layout.task], plan, undefined))
    for (const [b, branch] of layout.task.branches.entries()) {
      const whole = [...layout.task.prefix, ...branch.ids]
      const logprobs = logprobsOf(await sequenceLogits(model, whole, plan), whole)
      const expected = logprobs.slice(layout.task.prefix.length - 1).map((logprob) => -logprob)
      expect(largestDifference(answer!.branches[b]!, expected)).toBeLessThan(1e-5)
    }
  })
})

/** Every byte of the pruned files is the original's, but for the weights of output projections and the metadata behind. */
function expectSameBytes(model: OpenModel, from: string, to: string): void {
  const { discovered, graph } = model.foreign!
  const weights = discovered.sites.flatMap((site) => {
    return [site, ...site.copies].map(({ projection }) => {
      const { weightReference } = projection
      return graph.graphs[weightReference.graph]!.initializers.get(weightReference.name)!.place
    })
  })
  let changed = 0
  for (const location of model.foreign!.files.paths.keys()) {
    const isModel = location === 'model.onnx'
    const before = bytesOf(join(from, location))
    const after = bytesOf(join(to, isModel ? 'pruned.onnx' : location))
    expect(isModel ? after.length > before.length : after.length === before.length).toBe(true)
    const mayChange = new Uint8Array(before.length)
    for (const at of weights) {
      if (at.kind === 'external' && at.location === location) mayChange.fill(1, at.offset, at.offset + at.byteLength!)
      else if (at.kind === 'raw' && isModel) mayChange.fill(1, at.offset, at.offset + at.byteLength)
    }
    let outside = 0
    for (const [i, byte] of before.entries()) {
      if (byte === after[i]) continue
      if (mayChange[i] === 1) changed++
      else outside++
    }
    expect(outside, location).toBe(0)
  }
  expect(changed).toBeGreaterThan(0)
}

describe('a foreign file', () => {
  test('says what was found and how it was checked', async () => {
    const model = await open(place('gpt, MatMulInteger'))
    const facts = modelFactsSchema.parse(modelFacts(model, 'handle'))
    expect(facts).toMatchObject({ source: 'onnx', layers: 2, width: 32, vocabularySize: vocabulary, contextLength: 24 })
    expect(facts.neurons).toEqual({ mlp: [48, 48], attention: [32, 32] })
    expect(facts.discovery).toMatchObject({ planBy: 'zeroed-weights', certain: 4, likely: [] })
    expect(facts.discovery!.checked.join(' ')).toContain('With all rows zeroed')
    expect(facts.weightTypes).toContain('I8')
  })

  test.each([
    'gpt, opset 14, Trilu',
    'gpt, opset 13, Gemm, fused projections',
    'gpt, weights beside the model',
    'llama, merged',
    'gpt, opset 17, Constant nodes',
    'conv1d-13.onnx',
    'conv1d-17-unfolded.onnx',
    'flat-17.onnx',
  ])('becomes narrower where its matrices are plain: %s', async (name) => {
    const path = place(name)
    const model = await open(path)
    const { mlp } = model.shape.neurons
    const removed = planOf(['mlp:0:3', 'mlp:0:4', 'mlp:1:0', `mlp:1:${mlp[1]! - 1}`, 'attention:1:2'])
    const out = newFolder()
    const { file, verification, notes, files } = await exportForeign(model, out, removed, 'compact')
    expect(verification.passed).toBe(true)
    expect(verification.maxAbsLogit).toBeLessThanOrEqual(1e-5 * verification.largestLogit)
    expect(notes).toEqual(['Attention neurons are zeroed: the projections that make them are left as they are'])
    const smaller = await open(writeTokenizerBeside(file, path))
    expect(smaller.shape.neurons.mlp).toEqual(mlp.map((width) => width - 2))
    const masked = await sequenceLogits(model, ids, removed)
    const narrow = await sequenceLogits(smaller, ids, null)
    expect(largestDifference(masked, narrow)).toBeLessThanOrEqual(1e-5 * largestOf(masked))
    const again = await exportForeign(model, newFolder(), removed, 'compact')
    expect(again.files).toEqual(files)
    await Promise.all([model.sessions.release(), smaller.sessions.release()])
  })

  test('of fixed sizes is filled up, and has the numbers of the free one', async () => {
    const free = await open(place('gpt, opset 14, Trilu'))
    const fixedPath = place('gpt, opset 14, Trilu')
    fixSizes(fixedPath, 2, 12)
    const fixed = await open(fixedPath)
    expect(fixed.shape.contextLength).toBe(12)
    const plan = fewNeurons(free)
    const expected = await sequenceLogits(free, ids, plan)
    const logits = await sequenceLogits(fixed, ids, plan)
    expect(largestDifference(logits, expected)).toBeLessThanOrEqual(1e-5 * largestOf(expected))
    const documents = texts.map((text) => ({ text }))
    const lossesOf = async (model: OpenModel) => {
      const corpus = await makeCorpus(model, { documents, keepShort: true, window: 10, tokens: null }, undefined)
      expect(corpus.count).toBeGreaterThan(4)
      const { losses } = await resultOf(corpusLosses(model, corpus, plan, false, undefined))
      return losses.filter((loss) => !Number.isNaN(loss))
    }
    expect(largestDifference(await lossesOf(fixed), await lossesOf(free))).toBeLessThan(1e-5)
    const windows = [someIds(5, 2), someIds(8, 3)]
    const neuron = { site: 'attention', layer: 1, index: 5 } as const
    const [activations] = await windowActivations(fixed, windows, [neuron], undefined)
    const [expectedActivations] = await windowActivations(free, windows, [neuron], undefined)
    for (const [w, values] of activations!.entries()) {
      expect(largestDifference(values, expectedActivations![w]!)).toBeLessThan(1e-5)
    }
    const { verification } = await exportForeign(fixed, newFolder(), plan, 'zeroed')
    expect(verification).toMatchObject({ passed: true, maxAbsLogit: 0 })
    await Promise.all([free.sessions.release(), fixed.sessions.release()])
  })

  test('says which tokens a neuron speaks for, however it is written', async () => {
    const neuron = { site: 'mlp', layer: 1, index: 7 } as const
    const answers: Awaited<ReturnType<typeof promotedTokens>>[] = []
    const names = ['gpt, opset 14, Trilu', 'gpt, opset 17, Constant nodes', 'gpt, Attention of ONNX Runtime']
    for (const name of names) {
      const model = await open(place(name))
      answers.push(await promotedTokens(model, neuron, 5, undefined))
      const { dimensions, vectors } = await embedTexts(model, embedding, undefined)
      expect(vectors).toHaveLength(2 * dimensions)
    }
    const logits = answers.map(({ promoted }) => promoted.map(({ logit }) => logit))
    expect(answers.map(({ promoted }) => promoted.map(({ id }) => id))).toEqual(
      names.map(() => answers[0]!.promoted.map(({ id }) => id)),
    )
    for (const row of logits) expect(largestDifference(row, logits[0]!)).toBeLessThan(1e-6)
  })

  test('that ONNX Runtime does not know is refused, not a fault of ours', async () => {
    const path = place('gpt, opset 20, Gelu')
    writeFileSync(path, Buffer.from(bytesOf(path).toString('latin1').replaceAll('Softmax', 'Softmix'), 'latin1'))
    await expectFailure(() => open(path), 'unsupported-model', 'model.onnx')
  })

  test('keeps its metadata, to which the export adds its own', async () => {
    const path = writeStyle(join(work, `model-${count++}`), gptStyle({ metadata: { author: 'somebody' } }))
    const model = await open(path)
    const { file } = await exportForeign(model, newFolder(), fewNeurons(model), 'zeroed')
    const { metadata, producer } = withFile(file, 'pruned.onnx', scanModel)
    expect(Object.fromEntries(metadata)).toEqual({ author: 'somebody', 'snip.planHash': 'abc' })
    expect(producer).toBe('builder')
  })

  test('that cannot be made narrower is refused compact, by name', async () => {
    const model = await open(place('gpt, MatMulNBits of 4 bits'))
    const call = () => exportForeign(model, newFolder(), planOf(['mlp:0:3']), 'compact')
    await expectFailure(
      call,
      'unsupported-model',
      'Nothing of this plan can be compacted',
      '"0.up.weight" is quantised',
    )
  })

  test('that a model sees ahead is no causal language model', async () => {
    const call = () => open(place('masked language model'))
    await expectFailure(call, 'unsupported-model', 'model.onnx')
  })

  test('is refused when its weights are linked, elsewhere, missing or cut short', async () => {
    const beside = styleOf('gpt, weights beside the model')
    const linked = writeStyle(join(work, `model-${count++}`), { ...beside, external: 'real.bin' })
    symlinkSync(join(dirname(linked), 'real.bin'), join(dirname(linked), 'weights.bin'))
    writeFileSync(linked, bytesOf(writeStyle(join(work, `model-${count++}`), beside)))
    await expectFailure(() => open(linked), 'bad-model', 'weights.bin', 'symbolic link')
    const climbing = writeStyle(join(work, `model-${count++}`), { ...beside, external: '../weights.bin' })
    await expectFailure(() => open(climbing), 'bad-model', '../weights.bin', 'no place below')
    const cut = writeStyle(join(work, `model-${count++}`), beside)
    truncateSync(join(dirname(cut), 'weights.bin'), 5000)
    await expectFailure(() => open(cut), 'bad-model', 'ends beyond the end')
  })

  test('is never written over files that its own names would hit', async () => {
    const model = await open(place('gpt, weights beside the model'))
    const out = newFolder()
    writeFileSync(join(out, 'weights.bin'), 'mine')
    await expectFailure(() => exportForeign(model, out, planOf(['mlp:0:3']), 'zeroed'), 'exists', 'weights.bin')
    expect(readdirSync(out)).toEqual(['weights.bin'])
    expect(bytesOf(join(out, 'weights.bin')).toString()).toBe('mine')
  })
})

function writeTokenizerBeside(file: string, original: string): string {
  writeFileSync(join(dirname(file), 'tokenizer.json'), bytesOf(join(dirname(original), 'tokenizer.json')))
  return file
}
