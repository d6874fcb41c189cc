/**
 * Names of the token classes of the grammar, and how a sentence says them.
 *
 * The phrase is what stands in a sentence, so it must be unique, must not be the beginning of what may follow it in
 * the grammar (`after`, `before`, `such`, ...) and never changes once sentences were stored with it.
 */
export const classPhrases = {
  // Word classes and forms.
  noun: 'nouns',
  'plural-noun': 'plural nouns',
  name: 'names',
  pronoun: 'pronouns',
  'first-person': 'first-person words',
  possessive: 'possessives',
  verb: 'verbs',
  past: 'past-tense verbs',
  ing: '-ing verbs',
  participle: 'past participles',
  infinitive: 'base-form verbs',
  'third-person': 'third-person verbs',
  modal: 'modal verbs',
  be: 'forms of the verb to be',
  have: 'forms of the verb to have',
  do: 'forms of the verb to do',
  adjective: 'adjectives',
  comparative: 'comparatives and superlatives',
  adverb: 'adverbs',
  preposition: 'prepositions',
  conjunction: 'conjunctions',
  determiner: 'determiners',
  question: 'question words',
  negation: 'negations',
  number: 'numbers',
  // Fields of meaning (word lists in lexicon.ts).
  speech: 'verbs of speech',
  motion: 'verbs of motion',
  mind: 'verbs of thought and perception',
  family: 'words for family',
  royalty: 'words for royalty',
  animal: 'names of animals',
  body: 'parts of the body',
  colour: 'colours',
  time: 'words for time',
  home: 'parts of the home',
  nature: 'words for nature',
  water: 'words for water',
  feeling: 'words for feelings',
  insult: 'insults',
  // How a word is written.
  word: 'words',
  capitalised: 'capitalised words',
  'all-capitals': 'words in capitals',
  'single-letter': 'single letters',
  'first-piece': 'first pieces of split words',
  'later-piece': 'later pieces of split words',
  'non-ascii': 'letters and signs outside ASCII',
  digit: 'digits',
  // Punctuation and space.
  punctuation: 'punctuation',
  comma: 'commas',
  'sentence-end': 'sentence ends',
  quote: 'quotation marks',
  apostrophe: 'apostrophes',
  dash: 'dashes',
  colon: 'colons and semicolons',
  'open-bracket': 'opening brackets',
  'close-bracket': 'closing brackets',
  newline: 'newlines',
  indentation: 'indentation',
  space: 'spaces',
  // Code.
  keyword: 'Python keywords',
  identifier: 'code identifiers',
  operator: 'operators',
} as const

export type ClassId = keyof typeof classPhrases

export const classIds = Object.keys(classPhrases) as readonly ClassId[]

/** Classes whose members a reader knows without examples, or whose members are no words. */
export const classesWithoutExamples: ReadonlySet<ClassId> = new Set<ClassId>([
  'comma',
  'quote',
  'apostrophe',
  'dash',
  'newline',
  'indentation',
  'space',
  'first-piece',
  'later-piece',
])

/** Where a token stands, as said after a subject. */
export const placePhrases = {
  'window-start': 'at the start of the window',
  'window-early': 'near the start of the window',
  'sentence-start': 'at the start of a sentence',
  'line-start': 'at the start of a line',
  'in-quotes': 'inside quotation marks',
  'in-brackets': 'inside brackets',
  'in-code': 'in code',
  'in-prose': 'in prose',
} as const

export type PlaceId = keyof typeof placePhrases

export const placeIds = Object.keys(placePhrases) as readonly PlaceId[]

/** Strength of a clause in a sentence and the activation it stands for, relative to the strongest clause. */
export const strengthLevels = { fully: 1, moderately: 0.6, weakly: 0.35, faintly: 0.15 } as const

export type Strength = keyof typeof strengthLevels

export const strengths = Object.keys(strengthLevels) as readonly Strength[]

/** What members of a class outside its `especially` words get, relative to the clause. */
export const ordinaryMemberShare = 0.5
