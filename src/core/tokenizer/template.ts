import { badTokenizer, field, idOf, isObject, type ComponentSpec, type JsonObject } from './tokenizer-json.ts'

/** The ids a tokenizer's template puts before and after a single text. */
export interface SpecialTemplate {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

export function createTemplate(
  postProcessors: readonly ComponentSpec[],
  pieceToId: (piece: string) => number | undefined,
): SpecialTemplate {
  let before: number[] = []
  let after: number[] = []
  for (const { type, fields } of postProcessors) {
    switch (type) {
      case 'ByteLevel':
        break
      case 'BertProcessing':
      case 'RobertaProcessing':
        before = [pairId(fields, 'cls'), ...before]
        after = [...after, pairId(fields, 'sep')]
        break
      case 'TemplateProcessing': {
        const template = templateIds(fields, pieceToId)
        before = [...template.before, ...before]
        after = [...after, ...template.after]
        break
      }
      default:
        throw badTokenizer(`the post-processor "${type.slice(0, 40)}" is not supported`)
    }
  }
  return { before, after }
}

function pairId(fields: JsonObject, name: string): number {
  const pair = field(fields, name)
  return idOf(Array.isArray(pair) ? pair[1] : undefined, `post_processor.${name}`)
}

function templateIds(fields: JsonObject, pieceToId: (piece: string) => number | undefined): SpecialTemplate {
  const single = field(fields, 'single')
  if (!Array.isArray(single)) throw badTokenizer('post_processor.single is not a list')
  const named = field(fields, 'special_tokens')
  const before: number[] = []
  const after: number[] = []
  let seenText = false
  for (const item of single as unknown[]) {
    const special = isObject(item) ? field(item, 'SpecialToken') : undefined
    if (!isObject(special)) {
      seenText = true
      continue
    }
    const name = field(special, 'id')
    if (typeof name !== 'string') throw badTokenizer('post_processor.single names a special token that is no string')
    const entry = isObject(named) ? field(named, name) : undefined
    const listed = isObject(entry) ? field(entry, 'ids') : undefined
    const ids: unknown[] = Array.isArray(listed) ? listed : [pieceToId(name)]
    for (const id of ids) (seenText ? after : before).push(idOf(id, `post_processor.special_tokens[${name}]`))
  }
  if (!seenText) throw badTokenizer('post_processor.single has no place for the text')
  return { before, after }
}
