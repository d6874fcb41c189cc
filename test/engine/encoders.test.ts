import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { describe, expect, test } from 'vitest'
import type { ExportFormat } from '../../src/contract/engine-host.ts'
import { parseNeuron, type NeuronId } from '../../src/contract/neuron.ts'
import { maskWindow } from '../../src/core/metrics/masked-lm.ts'
import { createImageSet } from '../../src/main/engine-host/images/image-set.ts'
import { openModel, type OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { classifyImages } from '../../src/main/engine-host/operations/classify.ts'
import { layoutQuestions } from '../../src/main/engine-host/operations/cloze.ts'
import { makeCorpus } from '../../src/main/engine-host/operations/corpora.ts'
import { exportModel } from '../../src/main/engine-host/operations/export-file.ts'
import { generate } from '../../src/main/engine-host/operations/generate.ts'
import { logSumExp, sequenceLogprobs } from '../../src/main/engine-host/operations/logits.ts'
import { corpusLosses } from '../../src/main/engine-host/operations/losses.ts'
import { maskedCorpusLosses } from '../../src/main/engine-host/operations/masked-losses.ts'
import { imageWindows, recordCorpus, type RecordFeeds } from '../../src/main/engine-host/operations/record.ts'
import { floatOutput, purposes } from '../../src/main/engine-host/sessions/model-sessions.ts'
import { tokenFeeds } from '../../src/main/engine-host/sessions/token-feeds.ts'
import type { WindowTable } from '../../src/core/recording/windows.ts'
import { recordingFiles } from '../../src/core/recording/recording-format.ts'
import { imageFamilies, maskedFamilies, type ImageFolder } from '../support/models/family-folders.ts'
import { expectFailure, largestDifference, planOf, scratchFolder } from './expectations.ts'
import { logitsOf, openFamily } from './family-model.ts'

const work = scratchFolder('encoders')
const neurons: NeuronId[] = ['mlp:0:5', 'attention:0:2', 'mlp:1:20', 'attention:1:7']
const documents = ['cab bad dab face', 'the quick brown fox jumps', 'a', 'lazy dogs sleep in the deep shade'].map(
  (text, row) => ({ text, row }),
)

/** Runs a stream of progress to its end and gives what it returns. */
async function resultOf<T>(stream: AsyncGenerator<unknown, T>): Promise<T> {
  let step = await stream.next()
  while (!step.done) step = await stream.next()
  return step.value
}

const corpusOf = (model: OpenModel, specialTokens: boolean) =>
  makeCorpus(model, { documents, keepShort: true, window: 12, tokens: null, specialTokens }, undefined)

async function exported(model: OpenModel, format: ExportFormat, realisation: 'zeroed' | 'compact') {
  const folder = join(work, `${model.shape.family}-${model.shape.width}-${format}-${realisation}`)
  mkdirSync(folder)
  const file = join(folder, format === 'onnx' ? 'pruned.onnx' : 'pruned')
  const names = ['tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json']
  const companions = names.flatMap((name) => {
    const from = join(model.path, name)
    try {
      return [{ from, name, bytes: readFileSync(from).length }]
    } catch {
      return []
    }
  })
  const request = { plan: planOf(neurons), realisation, format, file, weights: 'inline', metadata: {} } as const
  const done = await resultOf(exportModel(model, { ...request, companions }, undefined))
  return { file, ...done }
}

/** Mean of one neuron over what was recorded. */
function recordedMean(directory: string, { shape, space }: OpenModel, neuron: NeuronId, tokens: number): number {
  const bytes = readFileSync(join(directory, recordingFiles.statistics))
  const { site, layer, index } = parseNeuron(neuron)!
  const before = (widths: readonly number[]) => widths.slice(0, layer).reduce((sum, width) => sum + width, 0)
  const first = space.sites[0] === site ? 0 : shape.neurons[space.sites[0]!].reduce((sum, width) => sum + width, 0)
  const count = bytes.length / 8 / 5
  return bytes.readDoubleLE(8 * (count + first + before(shape.neurons[site]) + index)) / tokens
}

async function record(model: OpenModel, name: string, corpus: WindowTable, feeds?: RecordFeeds): Promise<string> {
  const directory = join(work, name)
  mkdirSync(directory)
  await resultOf(recordCorpus(model, corpus, directory, ['mlp', 'attention'], 0, undefined, () => 1e9, feeds))
  return directory
}

describe.each(maskedFamilies().map((family) => [family.name, family] as const))('%s', (name, family) => {
  test('is asked for the tokens behind its masks, each window as if it were alone', async () => {
    const model = await openFamily(family.directory)
    const corpus = await corpusOf(model, true)
    const rule = { share: 0.3, seed: 5 }
    const plan = planOf(neurons)
    const { losses, ranks } = await resultOf(maskedCorpusLosses(model, corpus, plan, rule, undefined))
    const vocabulary = model.shape.vocabularySize
    const maskId = model.tokenizer.specialIds.mask!
    let asked = 0
    for (let w = 0; w < corpus.count; w++) {
      const from = w * corpus.window
      const original = [...corpus.ids.subarray(from, from + corpus.lengths[w]!)]
      const shown = [...original]
      const askable = original.flatMap((id, at) => (model.tokenizer.isSpecial(id) ? [] : [at]))
      const places = maskWindow(shown, askable, w, { ...rule, maskId, vocabularySize: model.tokenizer.vocabularySize })
      const logits = await logitsOf(model, shown, neurons)
      const own = losses.subarray(from, from + corpus.window)
      expect([...own.keys()].filter((at) => !Number.isNaN(own[at]))).toEqual(places)
      for (const place of places) {
        const row = logits.subarray(place * vocabulary, (place + 1) * vocabulary)
        const logit = row[original[place]!]!
        expect(Math.abs(own[place]! - (logSumExp(row) - logit))).toBeLessThan(1e-5)
        expect(ranks[from + place]).toBe(row.filter((other) => other > logit).length)
      }
      asked += places.length
    }
    expect(asked).toBeGreaterThan(corpus.count)
    await model.sessions.release()
  })

  test('frames every window, and without frames has as many windows as any model', async () => {
    const model = await openFamily(family.directory)
    const { before, after } = model.tokenizer.template
    const framed = await corpusOf(model, true)
    const bare = await corpusOf(model, false)
    expect([before.length, after.length]).toEqual([1, 1])
    for (let w = 0; w < framed.count; w++) {
      const ids = framed.ids.subarray(w * 12, w * 12 + framed.lengths[w]!)
      expect([ids[0], ids.at(-1)]).toEqual([before[0], after[0]])
    }
    const text = (table: WindowTable, frame: number) => table.tokensUsed - frame * table.count
    expect(text(framed, 2)).toBeGreaterThan(20)
    expect(bare.window).toBe(12)
    expect(framed.ids[1]).toBe(bare.ids[0])
    expect([...framed.tokenStarts].slice(0, 2)).toEqual([0, framed.documents[1] === 0 ? 10 : 0])
  })

  test('records what each window has alone: padding is neither seen nor counted', async () => {
    const model = await openFamily(family.directory)
    const corpus = await corpusOf(model, false)
    expect(new Set(corpus.lengths).size).toBeGreaterThan(1)
    const directory = await record(model, `${name}-recording`, corpus)
    const session = await model.sessions.get(purposes.activations)
    for (const neuron of neurons) {
      const { site, layer, index } = parseNeuron(neuron)!
      const width = model.shape.neurons[site][layer]!
      let sum = 0
      for (let w = 0; w < corpus.count; w++) {
        const ids = corpus.ids.subarray(w * 12, w * 12 + corpus.lengths[w]!)
        const all = floatOutput(
          await session.run(tokenFeeds(model, ids, [1, ids.length])),
          `${site}.${layer}.activations`,
        )
        for (let token = 0; token < ids.length; token++) sum += all[token * width + index]!
      }
      const mean = recordedMean(directory, model, neuron, corpus.tokensUsed)
      expect(Math.abs(mean - sum / corpus.tokensUsed)).toBeLessThan(1e-5)
    }
    await model.sessions.release()
  })

  test.each([
    ['onnx', 'zeroed'],
    ['onnx', 'compact'],
    ['onnx-folder', 'zeroed'],
    ['checkpoint', 'zeroed'],
  ] as const)('is exported as %s, %s: proved, and opened again', async (format, realisation) => {
    const model = await openFamily(family.directory)
    const { file, verification } = await exported(model, format, realisation)
    expect(verification).toMatchObject({ passed: true, sameGreedyText: true, comparedTokens: 4 * 32 })
    const limit = realisation === 'zeroed' ? 0 : 1e-5
    expect(verification.maxAbsLogit).toBeLessThanOrEqual(limit * verification.largestLogit)
    expect(verification.maxAbsPaddedLogit).toBeLessThanOrEqual(1e-5 * verification.largestLogit)
    const path = format === 'onnx-folder' ? join(file, 'onnx/model.onnx') : file
    const tokenizer = join(family.directory, 'tokenizer.json')
    const opened = await openModel({ path, tokenizer, threads: 1, provider: 'cpu' })
    expect(opened.shape.objective).toBe('masked')
    const ids = family.ids[0]!
    const difference = largestDifference(await logitsOf(opened, ids, []), await logitsOf(model, ids, neurons))
    expect(difference).toBeLessThanOrEqual(realisation === 'zeroed' ? 0 : 1e-5 * family.largestLogit)
    await opened.sessions.release()
    await model.sessions.release()
  })
})

test('a masked language model is not asked what only others answer', async () => {
  const model = await openFamily(maskedFamilies()[0]!.directory)
  const corpus = await corpusOf(model, false)
  const settings = { maxNewTokens: 1, temperature: 0, seed: 0 }
  const asks: (() => Promise<unknown>)[] = [
    () => resultOf(corpusLosses(model, corpus, null, true, undefined)),
    () => layoutQuestions(model, [], undefined),
    () => sequenceLogprobs(model, [2, 3], null),
    () => resultOf(generate(model, [2, 3], null, settings, undefined)),
  ]
  for (const ask of asks) {
    const failure = await expectFailure(ask, 'unsupported-model', 'a BERT model fills in masked tokens')
    expect(failure.remedy).toBe('Measure this model with masked-lm.')
  }
})

/** The recorded images as PNG files. */
function pngFiles({ images, size: [height, width, channels] }: ImageFolder): Buffer[] {
  return images.map((bytes) => {
    const png = new PNG({ width, height })
    for (let at = 0; at < width * height * 4; at++) {
      const channel = at % 4
      png.data[at] = channel === 3 ? 255 : bytes[Math.floor(at / 4) * channels + (channels === 1 ? 0 : channel)]!
    }
    return PNG.sync.write(png)
  })
}

describe.each(imageFamilies().map((family) => [family.name, family] as const))('%s', (name, family) => {
  const setOf = (model: OpenModel) => {
    const set = createImageSet(model)
    for (const file of pngFiles(family)) expect(set.add(file)).toBeNull()
    return set
  }

  test('classifies images from their files as the reference does, with and without neurons', async () => {
    const model = await openFamily(family.directory)
    const set = setOf(model)
    expect(set.add(Buffer.from('no image'))).toBe('it is neither PNG nor JPEG')
    for (const result of family.results) {
      const logits = await resultOf(classifyImages(model, set, planOf(result.neurons), undefined))
      expect(
        largestDifference(
          logits,
          result.logits.flatMap((own) => [...own]),
        ),
      ).toBeLessThan(1e-4)
    }
    await model.sessions.release()
  })

  test('records images as windows of patches', async () => {
    const model = await openFamily(family.directory)
    const set = setOf(model)
    const corpus = imageWindows(model, set.count)
    expect([corpus.window, corpus.count, corpus.ids[18]]).toEqual([17, 3, 1])
    const directory = await record(model, `${name}-recording`, corpus, (start, end) => set.feeds(start, end))
    const session = await model.sessions.get(purposes.activations)
    const results = await session.run(set.feeds(0, 3))
    for (const neuron of neurons) {
      const { site, layer, index } = parseNeuron(neuron)!
      const width = model.shape.neurons[site][layer]!
      const all = floatOutput(results, `${site}.${layer}.activations`)
      const mean = all.reduce((sum, value, at) => sum + (at % width === index ? value : 0), 0) / 51
      expect(Math.abs(recordedMean(directory, model, neuron, 51) - mean)).toBeLessThan(1e-5)
    }
    expect(model.tokenizer.tokenPiece(0)).toBe('[class]')
    expect(model.tokenizer.tokenPiece(6)).toBe('[2,2]')
    await model.sessions.release()
  })

  test.each([
    ['onnx', 'compact'],
    ['onnx-folder', 'zeroed'],
    ['checkpoint', 'zeroed'],
  ] as const)('is exported as %s, %s: proved, and opened again', async (format, realisation) => {
    const model = await openFamily(family.directory)
    const { file, verification } = await exported(model, format, realisation)
    expect(verification).toMatchObject({ passed: true, sameGreedyText: true, comparedTokens: 4 * 17 })
    const opened = await openFamily(format === 'onnx-folder' ? join(file, 'onnx/model.onnx') : file)
    expect(opened.layout!.image!.labels).toEqual(['cup', 'egret', 'kite', 'oak', 'pier'])
    const set = setOf(model)
    const after = await resultOf(classifyImages(opened, set, null, undefined))
    const masked = await resultOf(classifyImages(model, set, planOf(neurons), undefined))
    expect(largestDifference(after, masked)).toBeLessThanOrEqual(
      realisation === 'zeroed' ? 0 : 1e-5 * family.largestLogit,
    )
    await opened.sessions.release()
    await model.sessions.release()
  })
})

test('a classifier of images reads no text, and a language model no images', async () => {
  const image = await openFamily(imageFamilies()[0]!.directory)
  await expectFailure(() => corpusOf(image, false), 'unsupported-model', 'classify images and read no text')
  const text = await openFamily(maskedFamilies()[0]!.directory)
  await expectFailure(() => Promise.resolve().then(() => createImageSet(text)), 'unsupported-model', 'reads no images')
})
