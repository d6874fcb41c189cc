import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { NeuronId } from '../../../src/contract/neuron.ts'

const root = resolve(import.meta.dirname, '../../fixtures/families')

/** What the reference computes with some neurons silenced at every position. */
export interface FamilyResult {
  readonly name: string
  readonly neurons: readonly NeuronId[]
  /** Per sequence: f32 [tokens x vocabulary]. */
  readonly logits: readonly Float32Array[]
  /** Per sequence, of each id after the first. */
  readonly logprobs: readonly (readonly number[])[]
}

/** A small published-style checkpoint of a causal family, with what the reference computes on it (test/reference). */
export interface FamilyFolder {
  readonly name: string
  readonly directory: string
  readonly config: Readonly<Record<string, unknown>>
  readonly vocabularySize: number
  readonly neurons: { readonly mlp: readonly number[]; readonly attention: readonly number[] }
  readonly sequences: readonly (readonly number[])[]
  readonly results: readonly FamilyResult[]
  /** What the first sequence is continued with. */
  readonly greedyIds: readonly number[]
  /** Of a few neurons, at every position of the first sequence. */
  readonly activations: Readonly<Record<NeuronId, readonly number[]>>
  readonly largestLogit: number
}

/** Every recorded family that continues text, in the order of names. */
export function causalFamilies(): FamilyFolder[] {
  return familyNames().flatMap((name) => {
    const directory = join(root, name)
    const expected = readJson(directory, 'expected.json') as Expected
    const config = readJson(directory, 'config.json') as FamilyFolder['config']
    if (expected.objective !== 'causal') return []
    const results = expected.results.map((result) => ({ ...result, logits: result.logits.map(decodeFloats) }))
    return [{ ...expected, name, directory, config, results }]
  })
}

/** What the reference computes of a batch of texts or of images; results are by row. */
interface EncoderFolder {
  readonly name: string
  readonly directory: string
  readonly config: Readonly<Record<string, unknown>>
  readonly neurons: FamilyFolder['neurons']
  readonly results: readonly FamilyResult[]
  /** Of a few neurons, at every position of the first row. */
  readonly activations: FamilyFolder['activations']
  readonly largestLogit: number
}

/** A checkpoint of a masked language model; rows are padded on their right. */
export interface MaskedFolder extends EncoderFolder {
  readonly vocabularySize: number
  readonly ids: readonly (readonly number[])[]
  readonly attentionMask: readonly (readonly number[])[]
  readonly tokenTypes: readonly (readonly number[])[]
  /** The token behind each position that is asked for; -100 elsewhere. */
  readonly labels: readonly (readonly number[])[]
}

/** A checkpoint of a classifier of images. */
export interface ImageFolder extends EncoderFolder {
  readonly classes: number
  /** Height, width and channels of the images' bytes. */
  readonly size: readonly [number, number, number]
  readonly images: readonly Uint8Array[]
  /** The same prepared for the model: [channels, height, width]. */
  readonly pixelValues: readonly Float32Array[]
  readonly labels: readonly number[]
}

/** Every recorded masked language model. */
export function maskedFamilies(): MaskedFolder[] {
  return encoders('masked').map((one) => one as unknown as MaskedFolder)
}

/** Every recorded classifier of images. */
export function imageFamilies(): ImageFolder[] {
  return encoders('image').map((one) => {
    const images = (one['images'] as string[]).map((bytes) => new Uint8Array(Buffer.from(bytes, 'base64')))
    const pixelValues = (one['pixelValues'] as string[]).map(decodeFloats)
    return { ...one, images, pixelValues } as unknown as ImageFolder
  })
}

function encoders(objective: string): Record<string, unknown>[] {
  return familyNames().flatMap((name) => {
    const directory = join(root, name)
    const expected = readJson(directory, 'expected.json') as Expected & Record<string, unknown>
    if (expected.objective !== objective) return []
    const results = expected.results.map((result) => ({ ...result, logits: result.logits.map(decodeFloats) }))
    return [{ ...expected, name, directory, config: readJson(directory, 'config.json'), results }]
  })
}

/** `model_type` of every recorded family, of any objective. */
export function recordedModelTypes(): unknown[] {
  return familyNames().map(
    (name) => (readJson(join(root, name), 'config.json') as FamilyFolder['config'])['model_type'],
  )
}

function familyNames(): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

function readJson(directory: string, file: string): unknown {
  return JSON.parse(readFileSync(join(directory, file), 'utf8'))
}

type Expected = Omit<FamilyFolder, 'results' | 'name' | 'directory' | 'config'> & {
  readonly objective: string
  readonly results: readonly (Omit<FamilyResult, 'logits'> & { readonly logits: readonly string[] })[]
}

function decodeFloats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
}
