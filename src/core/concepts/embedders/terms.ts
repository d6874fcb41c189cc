import { blankExemplars, exemplarsOf } from './exemplars.ts'
import { classPhrases, type ClassId } from '../grammar/classes.ts'

/**
 * Names that people give the classes of the grammar, in singular or plural, besides the grammar's own phrases. Terms of
 * grammar, typography and programming as dictionaries list them.
 */
const terms: readonly (readonly [string, ClassId])[] = [
  ['noun', 'noun'],
  ['plural', 'plural-noun'],
  ['proper noun', 'name'],
  ['name', 'name'],
  ['pronoun', 'pronoun'],
  ['first-person', 'first-person'],
  ['first person', 'first-person'],
  ['possessive', 'possessive'],
  ['possessive pronoun', 'possessive'],
  ['verb', 'verb'],
  ['action verb', 'verb'],
  ['past tense', 'past'],
  ['past-tense verb', 'past'],
  ['in the past', 'past'],
  ['progressive', 'ing'],
  ['gerund', 'ing'],
  ['present participle', 'ing'],
  ['past participle', 'participle'],
  ['infinitive', 'infinitive'],
  ['base form', 'infinitive'],
  ['modal', 'modal'],
  ['modal verb', 'modal'],
  ['auxiliary', 'modal'],
  ['auxiliary verb', 'modal'],
  ['verb to be', 'be'],
  ['verb be', 'be'],
  ['copula', 'be'],
  ['verb to have', 'have'],
  ['verb have', 'have'],
  ['verb to do', 'do'],
  ['verb do', 'do'],
  ['adjective', 'adjective'],
  ['comparative', 'comparative'],
  ['superlative', 'comparative'],
  ['adverb', 'adverb'],
  ['preposition', 'preposition'],
  ['conjunction', 'conjunction'],
  ['determiner', 'determiner'],
  ['article', 'determiner'],
  ['question word', 'question'],
  ['interrogative', 'question'],
  ['negation', 'negation'],
  ['denial', 'negation'],
  ['number', 'number'],
  ['numeral', 'number'],
  ['quantity', 'number'],
  ['quantities', 'number'],
  ['numerical', 'digit'],
  ['numeric', 'digit'],
  ['digit', 'digit'],
  ['verb of speech', 'speech'],
  ['verb of speaking', 'speech'],
  ['verb of motion', 'motion'],
  ['relative', 'family'],
  ['family', 'family'],
  ['royal', 'royalty'],
  ['royalty', 'royalty'],
  ['animal', 'animal'],
  ['body', 'body'],
  ['part of the body', 'body'],
  ['color', 'colour'],
  ['colour', 'colour'],
  ['time', 'time'],
  ['duration', 'time'],
  ['plant', 'nature'],
  ['emotion', 'feeling'],
  ['feeling', 'feeling'],
  ['insult', 'insult'],
  ['swear word', 'insult'],
  ['punctuation', 'punctuation'],
  ['comma', 'comma'],
  ['full stop', 'sentence-end'],
  ['period', 'sentence-end'],
  ['question mark', 'sentence-end'],
  ['exclamation mark', 'sentence-end'],
  ['quotation mark', 'quote'],
  ['speech mark', 'quote'],
  ['quote', 'quote'],
  ['apostrophe', 'apostrophe'],
  ['hyphen', 'dash'],
  ['dash', 'dash'],
  ['colon', 'colon'],
  ['semicolon', 'colon'],
  ['bracket', 'open-bracket'],
  ['parenthesis', 'open-bracket'],
  ['parentheses', 'open-bracket'],
  ['right parenthesis', 'close-bracket'],
  ['closing bracket', 'close-bracket'],
  ['newline', 'newline'],
  ['line break', 'newline'],
  ['indentation', 'indentation'],
  ['keyword', 'keyword'],
  ['python', 'keyword'],
  ['statement', 'keyword'],
  ['control flow', 'keyword'],
  ['identifier', 'identifier'],
  ['variable', 'identifier'],
  ['argument', 'identifier'],
  ['operator', 'operator'],
  ['assignment', 'operator'],
  ['source code', 'identifier'],
  ['program', 'keyword'],
  ['programming', 'keyword'],
]

/** Words that every description shares and that name no kind of thing. */
export const glueWords: ReadonlySet<string> = new Set(
  `word words phrase phrases token tokens such as like related especially specifically particularly instance instances
  occurrence occurrences mention mentions usage use variation variations form forms similar other various kind kinds e g
  the a an and or of to in on for with that which is are be after before anything ending end moderately weakly faintly
  part parts expressing indicating describe describes`.split(/\s+/),
)

/** Terms of the classes that members can stand for, longest first; a term is matched with or without a plural s. */
export function termList(): readonly { readonly pattern: RegExp; readonly id: ClassId }[] {
  const all: [string, ClassId][] = [...terms].map(([term, id]) => [term, id])
  for (const [id, phrase] of Object.entries(classPhrases)) all.push([phrase, id as ClassId])
  const standing = all.filter(([, id]) => exemplarsOf(id).length > 0 || blankExemplars[id] !== undefined)
  standing.sort((a, b) => b[0].length - a[0].length || (a[0] < b[0] ? -1 : 1))
  return standing.map(([term, id]) => ({
    pattern: new RegExp(`(?<![\\p{L}-])${term.toLowerCase().replaceAll('-', '[- ]')}s?(?![\\p{L}])`, 'giu'),
    id,
  }))
}
