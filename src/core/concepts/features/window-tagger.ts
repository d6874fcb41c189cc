import type { ClassId } from '../grammar/classes.ts'
import { FeatureSums } from './feature-sums.ts'
import { FeatureTable } from './feature-table.ts'
import { normaliseWord, UnitClassifier } from './unit-classes.ts'
import { findBracketedUnits, findCodeUnits, findQuotedUnits } from './unit-places.ts'
import { joinTokens, splitUnits, unitsOfTokens, type Unit } from './units.ts'
import { tagSentences } from './word-tags.ts'

/** The features of one window by feature: `positions[offsets[k] .. offsets[k+1])` are the tokens that have `ids[k]`. */
export interface WindowFeatures {
  readonly length: number
  /** Ascending. */
  readonly ids: Int32Array
  readonly offsets: Int32Array
  readonly positions: Uint16Array
}

/** Tokens near the start of a window, and the lengths of endings that are offered as predicates. */
const earlyTokens = 8
const endingLengths = [2, 3, 4]

/** Whether words are marked with this ending when their window is met; other endings are looked up word by word. */
export function isEndingFeature(suffix: string): boolean {
  return endingLengths.includes(suffix.length) && /^\p{L}+$/u.test(suffix)
}

/**
 * Finds the features of windows and keeps them, so that a window which many neurons share is tagged once. Create one
 * per job and pass it on; it grows by some 5 kB per distinct window of 64 tokens.
 */
export class WindowTagger {
  readonly table = new FeatureTable()
  /** Working space of the fits that run over these features. */
  readonly sums = new FeatureSums()
  readonly #classifier = new UnitClassifier()
  readonly #byArray = new WeakMap<readonly string[], WindowFeatures>()
  readonly #byText = new Map<string, WindowFeatures>()

  /** Features of a window given as the surface text of each token (at most 65,535 tokens). */
  features(tokens: readonly string[]): WindowFeatures {
    const known = this.#byArray.get(tokens)
    if (known) return known
    const key = `${tokens.map((token) => token.length).join()}|${tokens.join('')}`
    let features = this.#byText.get(key)
    if (!features) {
      features = this.#find(tokens)
      this.#byText.set(key, features)
    }
    this.#byArray.set(tokens, features)
    return features
  }

  #find(tokens: readonly string[]): WindowFeatures {
    const { text, starts } = joinTokens(tokens)
    const units = splitUnits(text)
    const ranges = unitsOfTokens(tokens, starts, units)
    const facts = this.#unitFacts(text, units)
    const perToken: number[][] = []
    for (let i = 0; i < tokens.length; i++) {
      const from = ranges[2 * i] ?? 0
      const to = ranges[2 * i + 1] ?? 0
      perToken.push(this.#tokenFeatures(tokens, i, starts, units, facts, from, to))
    }
    return invert(perToken)
  }

  #unitFacts(text: string, units: readonly Unit[]): UnitFacts {
    const inCode = findCodeUnits(text, units)
    const neighbours = findNeighbours(units)
    const starts = findStarts(units)
    const tagged = tagUnits(units)
    const classes: Set<ClassId>[] = []
    for (let i = 0; i < units.length; i++) {
      const unit = units[i]
      if (!unit) continue
      if (unit.kind === 'newline') classes.push(new Set<ClassId>(['newline']))
      else if (unit.kind === 'indentation') classes.push(new Set<ClassId>(['indentation']))
      else if (unit.kind === 'mark') classes.push(this.#classifier.mark(unit))
      else {
        const around = {
          inCode: inCode[i] === 1,
          afterSentenceEnd: i === 0 || starts.sentence[i] === 1 || units[i - 1]?.kind === 'mark',
          before: units[i - 1]?.text ?? '',
          after: units[i + 1]?.text ?? '',
        }
        classes.push(this.#classifier.word(unit, tagged[i] ?? [], around))
      }
    }
    return {
      classes,
      words: units.map((unit) => (unit.kind === 'word' || unit.kind === 'mark' ? normaliseWord(unit.text) : '')),
      inCode,
      inQuotes: findQuotedUnits(text, units),
      inBrackets: findBracketedUnits(units),
      neighbours,
      starts,
    }
  }

  #tokenFeatures(
    tokens: readonly string[],
    index: number,
    starts: Int32Array,
    units: readonly Unit[],
    facts: UnitFacts,
    from: number,
    to: number,
  ): number[] {
    const token = tokens[index] ?? ''
    const found = new Set<number>()
    const add = (role: Parameters<FeatureTable['intern']>[0], value: string) =>
      found.add(this.table.intern(role, value))
    add('token', token)
    if (index === 0) add('place', 'window-start')
    if (index < earlyTokens) add('place', 'window-early')
    if (from === to && /^[ \t]+$/.test(token)) add('class', 'space')
    const start = starts[index] ?? 0
    const end = starts[index + 1] ?? 0
    for (let u = from; u < to; u++) {
      const unit = units[u]
      if (!unit) continue
      for (const id of facts.classes[u] ?? []) add('class', id)
      const word = facts.words[u] ?? ''
      if (word !== '') add('word', word)
      if (unit.kind === 'word') {
        if (unit.start < start) add('class', 'later-piece')
        else if (unit.end > end) add('class', 'first-piece')
        for (const length of endingLengths) {
          const suffix = word.slice(-length)
          if (word.length > length && isEndingFeature(suffix)) add('ending', suffix)
        }
      }
      if (facts.inQuotes[u] === 1) add('place', 'in-quotes')
      if (facts.inBrackets[u] === 1) add('place', 'in-brackets')
      if (facts.starts.sentence[u] === 1) add('place', 'sentence-start')
      if (facts.starts.line[u] === 1) add('place', 'line-start')
      add('place', facts.inCode[u] === 1 ? 'in-code' : 'in-prose')
    }
    const last = units[to - 1]
    const isCut = from < to && last?.kind === 'word' && last.end > end
    const before = facts.neighbours.previous[from] ?? -1
    const after = isCut || to === 0 ? -1 : (facts.neighbours.next[to - 1] ?? -1)
    if (before >= 0) {
      for (const id of facts.classes[before] ?? []) add('after-class', id)
      add('after-word', facts.words[before] ?? '')
    }
    if (after >= 0) {
      for (const id of facts.classes[after] ?? []) add('before-class', id)
      add('before-word', facts.words[after] ?? '')
    }
    return [...found]
  }
}

interface UnitFacts {
  readonly classes: readonly ReadonlySet<ClassId>[]
  readonly words: readonly string[]
  readonly inCode: Uint8Array
  readonly inQuotes: Uint8Array
  readonly inBrackets: Uint8Array
  readonly neighbours: { readonly previous: Int32Array; readonly next: Int32Array }
  readonly starts: { readonly sentence: Uint8Array; readonly line: Uint8Array }
}

/** For each unit the nearest word or mark to its left and right, or -1: line breaks do not part neighbours. */
function findNeighbours(units: readonly Unit[]): UnitFacts['neighbours'] {
  const previous = new Int32Array(units.length).fill(-1)
  const next = new Int32Array(units.length).fill(-1)
  let last = -1
  for (let i = 0; i < units.length; i++) {
    previous[i] = last
    if (isSolid(units[i])) last = i
  }
  last = -1
  for (let i = units.length - 1; i >= 0; i--) {
    next[i] = last
    if (isSolid(units[i])) last = i
  }
  return { previous, next }
}

function isSolid(unit: Unit | undefined): boolean {
  return unit?.kind === 'word' || unit?.kind === 'mark'
}

/** Marks units that begin a sentence (first word after `.`, `!` or `?`, not in lower case) or a line. */
function findStarts(units: readonly Unit[]): UnitFacts['starts'] {
  const sentence = new Uint8Array(units.length)
  const line = new Uint8Array(units.length)
  let sentenceOpen = false
  let lineOpen = false
  for (let i = 0; i < units.length; i++) {
    const unit = units[i]
    if (!unit) continue
    if (unit.kind === 'newline') {
      lineOpen = true
      if (/\n\r?\n/.test(unit.text)) sentenceOpen = true
      continue
    }
    if (unit.kind === 'indentation') continue
    if (lineOpen) line[i] = 1
    lineOpen = false
    if (unit.kind === 'mark') {
      if (/^[.!?]$/.test(unit.text)) sentenceOpen = true
      continue
    }
    if (sentenceOpen && !/^\p{Ll}/u.test(unit.text)) sentence[i] = 1
    sentenceOpen = false
  }
  return { sentence, line }
}

/** The tagger's classes of each unit; sentences are cut at `.`, `!`, `?` and empty lines. */
function tagUnits(units: readonly Unit[]): ClassId[][] {
  const sentences: string[][] = []
  const members: number[][] = []
  let words: string[] = []
  let at: number[] = []
  const close = () => {
    if (words.length > 0) {
      sentences.push(words)
      members.push(at)
    }
    words = []
    at = []
  }
  for (let i = 0; i < units.length; i++) {
    const unit = units[i]
    if (!unit) continue
    if (unit.kind === 'word') {
      words.push(unit.text.replaceAll('’', "'"))
      at.push(i)
    } else if (/^[.!?]$/.test(unit.text) || /\n\r?\n/.test(unit.text)) close()
  }
  close()
  const tagged: ClassId[][] = units.map(() => [])
  const classes = tagSentences(sentences)
  for (let s = 0; s < members.length; s++) {
    const of = classes[s] ?? []
    for (let w = 0; w < (members[s]?.length ?? 0); w++) tagged[members[s]?.[w] ?? -1] = of[w] ?? []
  }
  return tagged
}

function invert(perToken: readonly (readonly number[])[]): WindowFeatures {
  const positionsOf = new Map<number, number[]>()
  let total = 0
  for (let i = 0; i < perToken.length; i++) {
    for (const id of perToken[i] ?? []) {
      const list = positionsOf.get(id)
      if (list) list.push(i)
      else positionsOf.set(id, [i])
      total++
    }
  }
  const ids = Int32Array.from(positionsOf.keys()).sort()
  const offsets = new Int32Array(ids.length + 1)
  const positions = new Uint16Array(total)
  let at = 0
  for (let k = 0; k < ids.length; k++) {
    for (const position of positionsOf.get(ids[k] ?? -1) ?? []) positions[at++] = position
    offsets[k + 1] = at
  }
  return { length: perToken.length, ids, offsets, positions }
}
