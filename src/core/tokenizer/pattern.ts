import { SplitPreTokenizer } from '@huggingface/tokenizers'
import { badTokenizer, field, isObject, stringField, type JsonObject } from './tokenizer-json.ts'

const MAX_PATTERN_LENGTH = 20_000

/** The global pattern of a Replace or Split stage: a literal `{"String"}` or an Oniguruma `{"Regex"}`. */
export function compilePattern(fields: JsonObject, where: string): RegExp {
  const pattern = field(fields, 'pattern')
  if (!isObject(pattern)) throw badTokenizer(`${where}.pattern is not an object`)
  const literal = stringField(pattern, 'String', `${where}.pattern`)
  const regex = stringField(pattern, 'Regex', `${where}.pattern`)
  if ((literal ?? regex ?? '').length > MAX_PATTERN_LENGTH) {
    throw badTokenizer(`${where}.pattern is longer than ${MAX_PATTERN_LENGTH} characters`)
  }
  if (literal !== undefined) return literalPattern(literal)
  if (regex === undefined) throw badTokenizer(`${where}.pattern is neither a String nor a Regex`)
  try {
    const split = new SplitPreTokenizer({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated' })
    if (split.pattern !== null) return split.pattern
  } catch (error) {
    throw badTokenizer(`${where}.pattern cannot be compiled: ${regex.slice(0, 80)}`, error)
  }
  throw badTokenizer(`${where}.pattern cannot be compiled: ${regex.slice(0, 80)}`)
}

export function literalPattern(literal: string): RegExp {
  return new RegExp(literal.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&'), 'gu')
}
