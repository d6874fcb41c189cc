import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { HashPlaces } from '../../../src/main/services/language-models/answers/hash-places.ts'

const hashOf = (name: string) => createHash('sha256').update(name).digest()

test('places are found by their hashes among thousands, the last one that was said', () => {
  const places = new HashPlaces()
  const all = Buffer.concat(Array.from({ length: 3000 }, (_, at) => hashOf(`text ${at % 2500}`)))
  for (let at = 0; at < 3000; at++) places.set(all, at * 32, 2 ** 40 + at)
  const found = Array.from({ length: 2501 }, (_, at) => places.get(hashOf(`text ${at}`).toString('hex')))
  expect(found).toEqual([...Array.from({ length: 2500 }, (_, at) => 2 ** 40 + (at < 500 ? at + 2500 : at)), undefined])
})

test('hashes that begin alike are told apart', () => {
  const places = new HashPlaces()
  const one = hashOf('one')
  const other = Buffer.from(one)
  other[31]! ^= 1
  places.set(one, 0, 7)
  expect([places.has(one.toString('hex')), places.has(other.toString('hex'))]).toEqual([true, false])
  places.set(other, 0, 8)
  expect([places.get(one.toString('hex')), places.get(other.toString('hex'))]).toEqual([7, 8])
})
