import { unquote } from '../grammar/quoting.ts'
import type { ClassId } from '../grammar/classes.ts'
import { glueWords, termList } from './terms.ts'

/** What a sentence says, for an embedder: a word it uses, a word or sign it quotes, or a class it names. */
export type ConceptItem =
  | { readonly kind: 'used' | 'quoted'; readonly text: string }
  | { readonly kind: 'class'; readonly id: ClassId }

export interface ReadingOptions {
  /** Names of classes become class items in place of their words. */
  readonly classes: boolean
  /** Words that every description shares are left out. */
  readonly dropGlue: boolean
}

/** Splits concept sentences, ours or a person's, into items. Create one and reuse it: it compiles the terms once. */
export class ConceptReader {
  readonly #terms = termList()
  readonly #options: ReadingOptions

  constructor(options: ReadingOptions = { classes: true, dropGlue: true }) {
    this.#options = options
  }

  read(sentence: string): ConceptItem[] {
    const items: ConceptItem[] = []
    let rest = this.#takeQuoted(sentence, items)
    if (this.#options.classes) {
      const seen = new Set<ClassId>()
      for (const { pattern, id } of this.#terms) {
        rest = rest.replace(pattern, () => {
          if (!seen.has(id)) items.push({ kind: 'class', id })
          seen.add(id)
          return ' | '
        })
      }
    }
    for (const match of rest.matchAll(/[\p{L}\p{N}_]+(?:['’]\p{L}+)?/gu)) {
      const text = match[0]
      if (this.#options.dropGlue && glueWords.has(text.toLowerCase())) continue
      items.push({ kind: 'used', text })
    }
    return items
  }

  /** Moves quoted strings into `items`; what is left has a space in their place. */
  #takeQuoted(sentence: string, items: ConceptItem[]): string {
    let rest = ''
    let at = 0
    while (at < sentence.length) {
      const quoted = unquote(sentence, at)
      if (quoted) {
        if (quoted.text.trim() === '') items.push(...blankItems(quoted.text))
        else for (const text of quoted.text.trim().split(/\s+/)) items.push({ kind: 'quoted', text })
        rest += ' '
        at = quoted.end
        continue
      }
      const single = /^(?<![\p{L}\p{N}])'([\p{L}]+)'(?![\p{L}])/u.exec(sentence.slice(at))
      if (single && !/[\p{L}\p{N}]$/u.test(sentence.slice(0, at))) {
        items.push({ kind: 'quoted', text: single[1] ?? '' })
        rest += ' '
        at += single[0].length
        continue
      }
      rest += sentence.charAt(at)
      at++
    }
    return rest
  }
}

function blankItems(text: string): ConceptItem[] {
  if (text.includes('\n')) return [{ kind: 'class', id: 'newline' }]
  return text === '' ? [] : [{ kind: 'class', id: 'space' }]
}
