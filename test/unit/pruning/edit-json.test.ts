import { describe, expect, it } from 'vitest'
import { setJsonKeys } from '../../../src/core/pruning/edit-json.ts'

describe('setJsonKeys', () => {
  it('changes one value and leaves every other byte, spelling of numbers included', () => {
    const text = '{\n  "eps": 1e-05,\n  "n_inner": null,\n  "theta": 10000.0\n}\n'
    expect(setJsonKeys(text, { n_inner: 37 })).toBe(text.replace('null', '37'))
  })

  it('adds new keys after the last one, indented like it', () => {
    expect(setJsonKeys('{\n  "a": {"b": [1, "}"]}\n}', { c: 1, d: { e: true } })).toBe(
      '{\n  "a": {"b": [1, "}"]},\n  "c": 1,\n  "d": {"e":true}\n}',
    )
    expect(setJsonKeys('{}', { a: 1 })).toBe('{"a": 1}')
  })

  it('finds keys by what they mean, at the top level only, and the last of two', () => {
    const text = String.raw`{"x":{"a":1},"s":"\"a\":9","a":2,"\u0061":3}`
    expect(JSON.parse(setJsonKeys(text, { a: 7 }))).toEqual({ x: { a: 1 }, s: '"a":9', a: 7 })
  })

  it.each(['[1]', 'null', '{', '"text"'])('refuses %s', (text) => {
    expect(() => setJsonKeys(text, { a: 1 })).toThrow('no JSON object')
  })
})
