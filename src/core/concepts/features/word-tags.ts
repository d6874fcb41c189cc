import nlp from 'compromise/two'
import type { ClassId } from '../grammar/classes.ts'

/** The tags that the tagger's lexicon and word-form rules give, as classes of the grammar. */
const classesOfTag: Readonly<Record<string, readonly ClassId[]>> = {
  Noun: ['noun'],
  Plural: ['plural-noun'],
  ProperNoun: ['name'],
  Person: ['name'],
  Place: ['name'],
  Pronoun: ['pronoun'],
  Verb: ['verb'],
  PastTense: ['past'],
  Gerund: ['ing'],
  Participle: ['participle'],
  Infinitive: ['infinitive'],
  Modal: ['modal'],
  Adjective: ['adjective'],
  Comparative: ['comparative'],
  Superlative: ['comparative'],
  Adverb: ['adverb'],
  Preposition: ['preposition'],
  Conjunction: ['conjunction'],
  Determiner: ['determiner'],
  QuestionWord: ['question'],
  Negative: ['negation'],
  Value: ['number'],
}

interface TaggedTerm {
  readonly text: string
  readonly tags?: ReadonlySet<string>
}

/**
 * Classes of each word of each sentence, by compromise's lexicon and word-form rules. Its second pass of rules over
 * neighbouring words is left out: it takes four fifths of the time and turns question words into prepositions.
 */
export function tagSentences(sentences: readonly (readonly string[])[]): ClassId[][][] {
  if (sentences.length === 0) return []
  const input = sentences.map((words) => ({
    terms: words.map((text) => ({ text, pre: '', post: ' ', normal: text.toLowerCase(), tags: new Set<string>() })),
  }))
  const tokenize = nlp.tokenize.bind(nlp) as unknown as (input: unknown) => {
    compute(hooks: readonly string[]): unknown
    readonly docs: readonly (readonly TaggedTerm[])[]
  }
  const view = tokenize(input)
  view.compute(['index', 'id', 'lexicon', 'preTagger'])
  return view.docs.map((terms) => {
    const classes: ClassId[][] = []
    for (const term of terms) {
      // A contraction's second half is a term without text of its own.
      if (term.text !== '') classes.push(classesOf(term.tags ?? new Set()))
    }
    return classes
  })
}

function classesOf(tags: ReadonlySet<string>): ClassId[] {
  const found = new Set<ClassId>()
  for (const tag of tags) for (const id of classesOfTag[tag] ?? []) found.add(id)
  if (tags.has('PresentTense') && !tags.has('Infinitive') && !tags.has('Gerund')) found.add('third-person')
  return [...found]
}
