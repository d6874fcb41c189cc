import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NeuronId } from '../../src/contract/neuron.ts'
import type { OpenModel } from '../../src/main/engine-host/model/open-model.ts'
import { exportSizes } from '../../src/main/engine-host/operations/export-file.ts'
import { sequenceLogprobs } from '../../src/main/engine-host/operations/logits.ts'
import { causalFamilies } from '../support/models/family-folders.ts'
import { readReference, referenceCases } from '../support/models/reference-cases.ts'
import { largestDifference, scratchFolder } from './expectations.ts'
import { plansOf, writeCase } from './families.ts'
import { logitsOf, openFamily } from './family-model.ts'
import { hardPlans } from './realised-model.ts'
import { evenlyNarrower, meanPlan, storedTensors, tokenizerOf, writeExport, zeroPlan } from './written-export.ts'

const work = scratchFolder('export-formats')
let count = 0
const fresh = (): string => join(work, `out-${count++}`)

/** Neurons of both sites that leave every head alive. */
function someNeurons({ shape }: OpenModel): NeuronId[] {
  const last = shape.neurons.mlp.length - 1
  return ['mlp:0:1', 'mlp:0:5', `mlp:${last}:0`, 'attention:0:1', `attention:${last}:2`]
}

const weightFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .toSorted()
    .map((name) => join(folder, name))

describe.each(causalFamilies().map((family) => [family.name, family] as const))('%s', (_, family) => {
  const [sequence] = family.sequences
  let model: OpenModel

  beforeAll(async () => {
    model = await openFamily(family.directory)
  })
  afterAll(() => model.sessions.release())

  test('as a folder: bit for bit when zeroed, within 1e-5 when compact or fixed, padded and cached too', async () => {
    const neurons = someNeurons(model)
    const folders: string[] = []
    for (const [plan, realisation] of [
      [zeroPlan(neurons), 'zeroed'],
      [meanPlan(neurons), 'compact'],
    ] as const) {
      const file = fresh()
      const { verification, files } = await writeExport(model, { plan, realisation, format: 'onnx-folder', file })
      const exact = realisation === 'zeroed' && plan.replacement === 'zero'
      expect(verification.tolerance).toBe(exact ? 0 : 1e-5)
      expect(verification.passed).toBe(true)
      expect(verification.maxAbsPaddedLogit).toBeLessThanOrEqual(1e-5 * verification.largestLogit)
      const names = [
        'config.json',
        'generation_config.json',
        'onnx/model.onnx',
        'tokenizer.json',
        'tokenizer_config.json',
      ]
      expect(files.map(({ name }) => name).toSorted()).toEqual(names)
      folders.push(file)
    }
    const reopened = await openFamily(join(folders[0]!, 'onnx/model.onnx'))
    expect(reopened.source).toBe('export')
    const masked = await logitsOf(model, sequence!, neurons)
    expect(largestDifference(await logitsOf(reopened, sequence!, []), masked)).toBe(0)
    await reopened.sessions.release()
  })

  test('as a zeroed checkpoint: opens as itself, bit for bit, and differs in the rows of the removed neurons alone', async () => {
    const neurons = someNeurons(model)
    const file = fresh()
    const { verification } = await writeExport(model, {
      plan: zeroPlan(neurons),
      realisation: 'zeroed',
      format: 'checkpoint',
      file,
    })
    expect(verification).toMatchObject({ passed: true, maxAbsLogit: 0, maxAbsLossNats: 0, tolerance: 0 })
    expect(verification.writtenBytes).toBeGreaterThan(0)
    const reopened = await openFamily(file)
    const masked = await logitsOf(model, sequence!, neurons)
    expect(largestDifference(await logitsOf(reopened, sequence!, []), masked)).toBe(0)
    await reopened.sessions.release()

    const before = storedTensors(weightFiles(family.directory))
    const after = storedTensors(weightFiles(file))
    expect([...after.keys()]).toEqual([...before.keys()])
    const changed = [...after.values()].filter(({ name, bytes }) => !bytes.equals(before.get(name)!.bytes))
    // The output projections of both sites in the first and the last layer.
    expect(changed).toHaveLength(4)
    for (const { name, dtype, shape, file: own } of after.values()) {
      const { bytes: __, ...was } = before.get(name)!
      expect({ name, dtype, shape, file: own }).toEqual(was)
    }
    expect(readFileSync(join(file, 'config.json'))).toEqual(readFileSync(join(family.directory, 'config.json')))
  })

  test('as a compact checkpoint, when all layers keep equally many: config.json says the width', async () => {
    const neurons = evenlyNarrower(model, 2, 3)
    const file = fresh()
    await writeExport(model, { plan: zeroPlan(neurons), realisation: 'compact', format: 'checkpoint', file })
    const reopened = await openFamily(file)
    expect(reopened.shape.neurons.mlp).toEqual(model.shape.neurons.mlp.map((width) => width - 3))
    const masked = await logitsOf(model, sequence!, neurons)
    const difference = largestDifference(await logitsOf(reopened, sequence!, []), masked)
    expect(difference).toBeLessThanOrEqual(1e-5 * family.largestLogit)
    await reopened.sessions.release()
  })

  test('as a file whose neurons stay at their means, whole heads and sublayers gone', async () => {
    const [parts, sublayers] = Object.values(hardPlans(model))
    const plan = meanPlan([...new Set([...parts!, ...sublayers!])])
    const { verification } = await writeExport(model, {
      plan,
      realisation: 'compact',
      format: 'onnx',
      file: `${fresh()}.onnx`,
    })
    expect(verification.passed).toBe(true)
    expect(verification.maxAbsLossNats).toBeLessThanOrEqual(1e-5)
  })
})

describe('a checkpoint in shards', () => {
  const { checkpoint, ids } = writeCase(work, 'llama-one-key-value-head-sharded')
  let model: OpenModel

  beforeAll(async () => {
    model = await openFamily(checkpoint.directory)
  })
  afterAll(() => model.sessions.release())

  test('keeps its shards and its index; compact writes the new total into it', async () => {
    const index = (folder: string) =>
      JSON.parse(readFileSync(join(folder, 'model.safetensors.index.json'), 'utf8')) as {
        metadata: { total_size: number }
        weight_map: Record<string, string>
      }
    const zeroed = fresh()
    const plan = zeroPlan(plansOf(checkpoint)['a few neurons of both sites']!)
    await writeExport(model, { plan, realisation: 'zeroed', format: 'checkpoint', file: zeroed })
    const indexName = 'model.safetensors.index.json'
    expect(readFileSync(join(zeroed, indexName))).toEqual(readFileSync(join(checkpoint.directory, indexName)))
    const compact = fresh()
    const neurons = evenlyNarrower(model, 0, 5)
    await writeExport(model, { plan: zeroPlan(neurons), realisation: 'compact', format: 'checkpoint', file: compact })
    const tensors = [...storedTensors(weightFiles(compact)).values()]
    expect(index(compact).metadata.total_size).toBe(tensors.reduce((sum, { bytes }) => sum + bytes.length, 0))
    expect(index(compact).weight_map).toEqual(index(checkpoint.directory).weight_map)
    expect(new Set(tensors.map(({ dtype }) => dtype))).toEqual(new Set(['F16']))
    const reopened = await openFamily(compact)
    const masked = await logitsOf(model, ids, neurons)
    const largest = masked.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0)
    expect(largestDifference(await logitsOf(reopened, ids, []), masked)).toBeLessThanOrEqual(1e-5 * largest)
    await reopened.sessions.release()
  })

  test('is estimated to the byte before it is written', async () => {
    const file = fresh()
    const plan = zeroPlan(evenlyNarrower(model, 1, 2))
    for (const format of ['checkpoint', 'onnx-folder'] as const) {
      const request = { plan, realisation: 'compact', format, file: `${file}-${format}` } as const
      const sizes = exportSizes(model, { ...request, weights: 'inline', metadata: {}, companions: tokenizerOf(model) })
      const { files } = await writeExport(model, request)
      expect(files.map(({ name, bytes }) => ({ name, bytes }))).toEqual(sizes)
    }
  })
})

describe('what a format cannot express is refused by name, and nothing is written', () => {
  const { checkpoint } = writeCase(work, 'gpt2-f16')
  const llama = writeCase(work, 'llama-grouped-tied').checkpoint
  const plans = plansOf(llama)
  let gpt2Model: OpenModel
  let llamaModel: OpenModel

  beforeAll(async () => {
    gpt2Model = await openFamily(checkpoint.directory)
    llamaModel = await openFamily(llama.directory)
  })
  afterAll(async () => {
    await gpt2Model.sessions.release()
    await llamaModel.sessions.release()
  })

  test.each([
    ['layers of different widths', 'checkpoint', zeroPlan(['mlp:1:0']), 'that of layer 1'],
    ['narrowed attention', 'checkpoint', zeroPlan(['attention:2:0']), 'The attention of layer 2 would keep'],
    ['means without a bias', 'checkpoint', meanPlan(['mlp:0:0']), 'down_proj.weight has no bias in this family'],
    [
      'key-value heads that are gone in one layer',
      'onnx-folder',
      zeroPlan(plans['one whole key-value group and parts of another head']!),
      'The attention of layer 0 would keep 1 of 2 key-value heads',
    ],
  ] as const)('%s', async (_, format, plan, message) => {
    const file = fresh()
    const written = writeExport(llamaModel, { plan, realisation: 'compact', format, file })
    await expect(written).rejects.toThrow(message)
    expect(existsSync(file)).toBe(false)
  })

  test('means in half precision', async () => {
    const plan = meanPlan(['mlp:0:0', 'mlp:0:1'])
    const written = writeExport(gpt2Model, { plan, realisation: 'zeroed', format: 'checkpoint', file: fresh() })
    await expect(written).rejects.toThrow('h.0.mlp.c_proj.bias is stored as F16')
  })

  test('a folder of a model that is itself a file', async () => {
    const file = `${fresh()}.onnx`
    await writeExport(llamaModel, { plan: zeroPlan([]), realisation: 'zeroed', format: 'onnx', file })
    const model = { ...llamaModel, path: file, source: 'export' as const }
    for (const format of ['checkpoint', 'onnx-folder'] as const) {
      const written = writeExport(model, {
        plan: zeroPlan([]),
        realisation: 'zeroed',
        format,
        file: fresh(),
        companions: tokenizerOf(llamaModel),
      })
      await expect(written).rejects.toThrow('which has no config.json of its own')
    }
  })

  test('a name that something has already', async () => {
    const plan = zeroPlan([])
    for (const format of ['checkpoint', 'onnx-folder'] as const) {
      const written = writeExport(llamaModel, { plan, realisation: 'zeroed', format, file: work })
      await expect(written).rejects.toThrow('exists already')
    }
  })
})

/** What PyTorch computes with neurons fixed at values other than zero (test/reference). */
const fixedCases = referenceCases.flatMap((one) => {
  const answer = readReference(one).masked.find(({ values }) => values !== undefined)
  return answer ? [[one.name, answer] as const] : []
})

describe('a model whose neurons stay at their means', () => {
  test('is compared with the reference on most checkpoints', () => expect(fixedCases.length).toBeGreaterThan(10))

  test.each(fixedCases)('computes what the reference does (%s)', async (name, { neurons, values, ...expected }) => {
    const { checkpoint, ids } = writeCase(work, name)
    const model = await openFamily(checkpoint.directory)
    const plan = { version: 1 as const, neurons: [...neurons], replacement: 'mean' as const, means: [...values!] }
    const { logprobs, lastLogits } = await sequenceLogprobs(model, ids, plan)
    expect(largestDifference(logprobs, expected.logprobs)).toBeLessThanOrEqual(1e-4)
    expect(largestDifference(lastLogits, expected.lastLogits)).toBeLessThanOrEqual(1e-4)
    await model.sessions.release()
  })
})
