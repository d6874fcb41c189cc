import { classIds, classPhrases, placeIds, placePhrases, strengths, type ClassId, type Strength } from './classes.ts'
import { noPatternSentence, type Clause, type Context, type Description, type Subject } from './description.ts'
import { unquote } from './quoting.ts'
import { renderDescription } from './render.ts'

/**
 * Reads a sentence of the grammar; null when it is outside. Space around the sentence and one closing full stop are
 * forgiven; everything else must be as `renderDescription` writes it, so that the two are inverse.
 */
export function parseDescription(text: string): Description | null {
  let source = text.trim()
  if (source.endsWith('.')) source = source.slice(0, -1).trimEnd()
  if (source === noPatternSentence) return { clauses: [] }
  const reader = new Reader(source)
  const clauses: Clause[] = []
  do {
    const clause = readClause(reader)
    if (!clause) return null
    clauses.push(clause)
  } while (reader.take('; '))
  if (!reader.atEnd()) return null
  const description = { clauses }
  return renderDescription(description) === source ? description : null
}

class Reader {
  readonly source: string
  at = 0

  constructor(source: string) {
    this.source = source
  }

  atEnd(): boolean {
    return this.at === this.source.length
  }

  take(literal: string): boolean {
    if (!this.source.startsWith(literal, this.at)) return false
    this.at += literal.length
    return true
  }

  /** Takes the longest of the phrases that stands here as whole words. */
  takePhrase<Id extends string>(ids: readonly Id[], phrases: Readonly<Record<Id, string>>): Id | null {
    let best: Id | null = null
    for (const id of ids) {
      const end = this.at + phrases[id].length
      const longer = best === null || phrases[id].length > phrases[best].length
      if (longer && this.source.startsWith(phrases[id], this.at) && !/[\w-]/.test(this.source.charAt(end))) best = id
    }
    if (best !== null) this.at += phrases[best].length
    return best
  }

  takeQuoted(): string | null {
    const found = unquote(this.source, this.at)
    if (!found) return null
    this.at = found.end
    return found.text
  }
}

function readClause(reader: Reader): Clause | null {
  let strength: Strength = 'fully'
  for (const each of strengths) if (each !== 'fully' && reader.take(`${each} `)) strength = each
  const subject = readSubject(reader)
  if (!subject) return null
  let examples: Clause['examples']
  for (const kind of ['such-as', 'especially'] as const) {
    if (examples || !reader.take(kind === 'such-as' ? ', such as ' : ', especially ')) continue
    const items = readList(reader, 'and')
    if (!items) return null
    examples = { kind, items }
  }
  if (examples && subject.kind !== 'class' && subject.kind !== 'ending') return null
  const contexts: Context[] = []
  if (examples) reader.take(',')
  while (reader.take(' ')) {
    const context = readContext(reader)
    if (!context) return null
    contexts.push(context)
  }
  return { strength, subject, ...(examples ? { examples } : {}), contexts }
}

function readSubject(reader: Reader): Subject | null {
  for (const [literal, kind] of [
    ['the words ', 'words'],
    ['the word ', 'words'],
    ['the tokens ', 'tokens'],
    ['the token ', 'tokens'],
  ] as const) {
    if (!reader.take(literal)) continue
    const items = readList(reader, 'and')
    return items ? { kind, items } : null
  }
  if (reader.take('words ending in ')) {
    const suffix = reader.takeQuoted()
    return suffix === null ? null : { kind: 'ending', suffix }
  }
  if (reader.take('anything')) return { kind: 'anything' }
  const id = readClass(reader)
  return id === null ? null : { kind: 'class', id }
}

function readContext(reader: Reader): Context | null {
  for (const kind of ['after', 'before'] as const) {
    if (!reader.take(`${kind} `)) continue
    const items = readList(reader, 'or')
    if (items) return { kind, items }
    const id = readClass(reader)
    return id === null ? null : { kind, id }
  }
  const id = reader.takePhrase(placeIds, placePhrases)
  return id === null ? null : { kind: 'place', id }
}

function readClass(reader: Reader): ClassId | null {
  return reader.takePhrase(classIds, classPhrases)
}

function readList(reader: Reader, link: 'and' | 'or'): string[] | null {
  const items: string[] = []
  for (;;) {
    const item = reader.takeQuoted()
    if (item === null) return null
    items.push(item)
    const linked = ` ${link} `
    const comma = ', "'
    if (reader.source.startsWith(`${linked}"`, reader.at)) reader.take(linked)
    else if (reader.source.startsWith(comma, reader.at)) reader.take(', ')
    else return items
  }
}
