import { classPhrases, placePhrases } from './classes.ts'
import { noPatternSentence, type Clause, type Context, type Description, type Subject } from './description.ts'
import { quote } from './quoting.ts'

/**
 * One sentence for a description, for instance
 * `past-tense verbs, especially "said" and "asked", after "he" or "she"; weakly commas in code`.
 * `parseDescription` is its inverse.
 */
export function renderDescription(description: Description): string {
  if (description.clauses.length === 0) return noPatternSentence
  return description.clauses.map(renderClause).join('; ')
}

function renderClause(clause: Clause): string {
  let out = clause.strength === 'fully' ? '' : `${clause.strength} `
  out += renderSubject(clause.subject)
  if (clause.examples) {
    const link = clause.examples.kind === 'such-as' ? 'such as' : 'especially'
    out += `, ${link} ${quotedList(clause.examples.items, 'and')}`
    if (clause.contexts.length > 0) out += ','
  }
  for (const context of clause.contexts) out += ` ${renderContext(context)}`
  return out
}

function renderSubject(subject: Subject): string {
  switch (subject.kind) {
    case 'class':
      return classPhrases[subject.id]
    case 'words':
      return `the ${subject.items.length === 1 ? 'word' : 'words'} ${quotedList(subject.items, 'and')}`
    case 'tokens':
      return `the ${subject.items.length === 1 ? 'token' : 'tokens'} ${quotedList(subject.items, 'and')}`
    case 'ending':
      return `words ending in ${quote(subject.suffix)}`
    case 'anything':
      return 'anything'
  }
}

function renderContext(context: Context): string {
  if (context.kind === 'place') return placePhrases[context.id]
  if ('items' in context) return `${context.kind} ${quotedList(context.items, 'or')}`
  return `${context.kind} ${classPhrases[context.id]}`
}

function quotedList(items: readonly string[], link: 'and' | 'or'): string {
  const quoted = items.map(quote)
  const last = quoted.pop() ?? ''
  return quoted.length === 0 ? last : `${quoted.join(', ')} ${link} ${last}`
}
