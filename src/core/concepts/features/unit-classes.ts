import type { ClassId } from '../grammar/classes.ts'
import { closedClasses, readWordLists } from '../grammar/lexicon.ts'
import type { Unit } from './units.ts'

const markClasses: readonly (readonly [RegExp, readonly ClassId[]])[] = [
  [/^,$/, ['comma']],
  [/^[.!?…]$/, ['sentence-end']],
  [/^["“”«»`]$/, ['quote']],
  [/^['’‘]$/, ['quote', 'apostrophe']],
  [/^[-–—]$/, ['dash']],
  [/^[:;]$/, ['colon']],
  [/^[([{]$/, ['open-bracket']],
  [/^[)\]}]$/, ['close-bracket']],
  [/^[=+*/<>%&|^~@\\]$/, ['operator']],
]

/** Lower case with a straight apostrophe: how the words of a sentence are compared. */
export function normaliseWord(text: string): string {
  return text.toLowerCase().replaceAll('’', "'")
}

/** Decides the classes of units; holds the word lists, which are read once. */
export class UnitClassifier {
  readonly #lists = readWordLists()
  readonly #closed = new Set<string>()
  readonly #listsOfWord = new Map<string, ClassId[]>()

  constructor() {
    for (const [id, words] of this.#lists) {
      if (id === 'keyword') continue
      for (const word of words) {
        const ids = this.#listsOfWord.get(word)
        if (ids) ids.push(id)
        else this.#listsOfWord.set(word, [id])
        if (closedClasses.includes(id)) this.#closed.add(word)
      }
    }
  }

  /** Classes of a word unit. `tagged` are the tagger's; `inCode` and the neighbours decide keywords and identifiers. */
  word(unit: Unit, tagged: readonly ClassId[], around: WordSurroundings): Set<ClassId> {
    const text = unit.text
    const word = normaliseWord(text)
    const classes = new Set<ClassId>()
    const isCodeWord = around.inCode && this.#lists.get('keyword')?.has(text) === true
    const isIdentifier = !isCodeWord && looksLikeIdentifier(text, around)
    addSpelling(text, classes)
    if (isCodeWord) classes.add('keyword')
    if (isIdentifier) classes.add('identifier')
    if (isCodeWord || isIdentifier) return classes
    const listed = this.#listsOfWord.get(word) ?? []
    for (const id of listed) classes.add(id)
    if (classes.has('modal') || classes.has('be') || classes.has('have') || classes.has('do')) classes.add('verb')
    if (this.#closed.has(word)) return classes
    for (const id of tagged) if (id !== 'modal') classes.add(id)
    if (classes.has('capitalised') && !around.afterSentenceEnd && !classes.has('all-capitals')) classes.add('name')
    return classes
  }

  /** Classes of a punctuation mark. */
  mark(unit: Unit): Set<ClassId> {
    const classes = new Set<ClassId>(['punctuation'])
    for (const [pattern, ids] of markClasses) if (pattern.test(unit.text)) for (const id of ids) classes.add(id)
    if (/[^\p{ASCII}“”‘’–—…«»]/u.test(unit.text)) classes.add('non-ascii')
    return classes
  }
}

/** What decides a word's reading besides its letters. */
export interface WordSurroundings {
  readonly inCode: boolean
  /** True also at the start of a window or a quotation, where a capital says nothing. */
  readonly afterSentenceEnd: boolean
  readonly before: string
  readonly after: string
}

function looksLikeIdentifier(text: string, around: WordSurroundings): boolean {
  if (/\p{L}_|_\p{L}|\p{Ll}\p{Lu}/u.test(text)) return true
  if (!around.inCode || !/^\p{L}/u.test(text)) return false
  return around.after === '(' || around.after === '.' || around.after === '=' || around.before === '.'
}

function addSpelling(text: string, classes: Set<ClassId>): void {
  if (/\p{L}/u.test(text)) classes.add('word')
  if (/\p{Nd}/u.test(text)) classes.add('digit')
  if (/^\p{Lu}/u.test(text)) classes.add('capitalised')
  if (/^[\p{Lu}\p{Nd}_]{2,}$/u.test(text) && /\p{Lu}/u.test(text)) classes.add('all-capitals')
  if (/^\p{L}$/u.test(text)) classes.add('single-letter')
  if (/[^\p{ASCII}’]/u.test(text)) classes.add('non-ascii')
}
