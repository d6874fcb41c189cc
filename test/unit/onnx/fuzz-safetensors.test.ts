import { expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { readSafetensorsHeader } from '../../../src/core/onnx/safetensors.ts'
import { bytesPerElement, elementCount } from '../../../src/core/onnx/tensor-index.ts'
import { createRandom, type Random } from '../../../src/core/stats/random.ts'
import { MemorySource } from './memory-source.ts'
import { mutated, resultOf } from './mutations.ts'
import { refusalFault } from './refusal-fault.ts'

const encoder = new TextEncoder()
const dataLength = 42

function fileOf(header: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + dataLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
  bytes.set(header, 8)
  return bytes
}

const entries: readonly string[] = [
  '"__metadata__":{"format":"pt"}',
  '"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}',
  '"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}',
  '"scalar":{"dtype":"F16","shape":[],"data_offsets":[32,34]}',
  '"none":{"dtype":"F32","shape":[0,5],"data_offsets":[34,34]}',
  '"ids":{"dtype":"I64","shape":[1],"data_offsets":[34,42]}',
]

/** Values that stand where numbers, texts and lists should. */
const hostile = [
  '-1',
  '0.5',
  '1e308',
  '9007199254740993',
  '4294967296',
  '18446744073709551616',
  'null',
  'true',
  '""',
  '"F64"',
  '"\\u202e\\u0000"',
  '"constructor"',
  '[]',
  '[[2,3]]',
  '[2,3,0]',
  '[9007199254740991,9007199254740991]',
  '[4294967296,4294967296,0]',
  '{}',
  '{"dtype":{}}',
  `[${'1,'.repeat(20)}1]`,
  `${'['.repeat(40)}${']'.repeat(40)}`,
]
const names = [
  '"__proto__"',
  '"toString"',
  '"a\\nb"',
  '"\\u0007"',
  '"\\ud800"',
  '""',
  `"${'x'.repeat(300)}"`,
  '"a.weight"',
]

/** Where the numbers, texts and lists inside of an entry are; those of the entries as they stand are found once. */
const valuesIn = (entry: string) => [...entry.matchAll(/(?<=[:[,])(?:\d+|"[A-Z]\w+"|\[[^\]]*\]|\{[^}]*\})/g)]
const known = new Map(entries.map((entry) => [entry, valuesIn(entry)]))
const valuesOf = (entry: string) => known.get(entry) ?? valuesIn(entry)

/** A header whose JSON is whole and whose claims are not: values replaced, entries doubled, moved, gone, of other names. */
function mutatedClaims(random: Random): string {
  const changed = [...entries]
  for (let change = random.integer(3); change >= 0; change--) {
    const at = random.integer(changed.length)
    const entry = changed[at]!
    switch (random.integer(6)) {
      case 0:
        changed.splice(at, 1)
        if (changed.length === 0) return '{}'
        break
      case 1:
        changed.push(entry)
        break
      case 2:
        changed[at] = names[random.integer(names.length)]! + entry.slice(entry.indexOf(':'))
        break
      default: {
        const values = valuesOf(entry)
        const { index, 0: old } = values[random.integer(Math.max(1, values.length))] ?? { index: 0, 0: '' }
        const value = hostile[random.integer(hostile.length)]!
        changed[at] = entry.slice(0, index) + value + entry.slice(index + old.length)
      }
    }
  }
  return `{${changed.join(',')}}`
}

test('200,000 mutated headers are read, or refused as what they are', { timeout: 120_000 }, () => {
  const random = createRandom(403)
  const whole = encoder.encode(`{${entries.join(',')}}`)
  const tally = { read: 0, refused: 0 }
  const faults: string[] = []
  const { stackTraceLimit } = Error
  // Traces of a hundred thousand expected refusals are never looked at.
  Error.stackTraceLimit = 0
  try {
    for (let round = 0; round < 200_000; round++) {
      let bytes: Uint8Array
      // Claims in sound JSON; JSON that is broken under a length that is right; a file that is broken anywhere.
      if (round % 2 === 0) bytes = fileOf(encoder.encode(mutatedClaims(random)))
      else if (round % 4 === 1) bytes = fileOf(mutated(whole, random))
      else bytes = mutated(fileOf(whole), random)
      const source = new MemorySource(bytes, 'm.safetensors')
      const result = resultOf(() => readSafetensorsHeader(source))
      let fault: string | null = source.bytesRead > bytes.length ? `${source.bytesRead} bytes read` : null
      if (result instanceof SnipError) {
        tally.refused++
        fault ??= refusalFault(result, 'bad-model')
      } else {
        tally.read++
        for (const { shape, dtype, offset, byteLength } of result.tensors) {
          const fits = offset >= 8 && offset + byteLength <= bytes.length
          if (!fits || elementCount(shape)! * bytesPerElement[dtype] !== byteLength) fault = `a tensor at ${offset}`
        }
      }
      if (fault !== null) faults.push(`round ${round}: ${fault}`)
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
  expect(faults.slice(0, 5)).toEqual([])
  expect(tally.refused).toBeGreaterThan(100_000)
  expect(tally.read).toBeGreaterThan(10_000)
})

const refusalOf = (header: string): SnipError => {
  const result = resultOf(() =>
    readSafetensorsHeader(new MemorySource(fileOf(encoder.encode(header)), 'm.safetensors')),
  )
  expect(result).toBeInstanceOf(SnipError)
  expect(refusalFault(result, 'bad-model')).toBeNull()
  return result as SnipError
}

test('lists in lists are refused before anything walks down them', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  expect(refusalOf(`{"a":{"dtype":"F32","shape":${deep},"data_offsets":[0,4]}}`).message).toMatch(/nested/)
  expect(refusalOf(`{"a":{"dtype":${deep},"shape":[],"data_offsets":[0,4]}}`).message).toMatch(/nested/)
})

test('brackets in a name are letters like others', () => {
  const header = `{"${'[{'.repeat(50)}\\"]":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`
  const { tensors } = readSafetensorsHeader(new MemorySource(fileOf(encoder.encode(header))))
  expect(tensors).toHaveLength(1)
})

test('claims as long as the header make no long message', () => {
  const long = `"${'\\u202e'.repeat(50_000)}"`
  expect(refusalOf(`{"a":{"dtype":${long}}}`).message).toMatch(/unknown data type/)
  expect(refusalOf(`{"a":{"dtype":"F32","shape":[${long}]}}`).message).toMatch(/impossible shape/)
  expect(refusalOf(`{"a":{"dtype":"F32","shape":[],"data_offsets":[${long},0]}}`).message).toMatch(/impossible offsets/)
  expect(refusalOf(`{"__metadata__":{${long}:1}}`).message).toMatch(/no text/)
  const both = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
  expect(refusalOf(`{${long}:${both},"b":${both}}`).message).toMatch(/overlap/)
})

test('a header of millions of parts is refused before they are made into objects', () => {
  expect(refusalOf(`{"a":[${'[],'.repeat(1_000_000)}1]}`).message).toMatch(/too many parts/)
})

test('a header longer than any model has is not read', () => {
  const source = {
    name: 'm.safetensors',
    size: 2 ** 40,
    read(offset: number, length: number): Uint8Array {
      if (length > 8) throw new RangeError(`${length} bytes at ${offset}`)
      const bytes = new Uint8Array(length)
      new DataView(bytes.buffer).setBigUint64(0, 80_000_000n, true)
      return bytes
    },
  }
  expect(() => readSafetensorsHeader(source)).toThrow('the header claims 80000000 bytes')
})
