import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import type { ForgetConcept } from '../../../contract/files.ts'
import { displayWord } from '../explainers/lexical/parts.ts'
import { WindowTagger } from '../features/window-tagger.ts'
import { classesWithoutExamples, type ClassId } from '../grammar/classes.ts'
import type { Clause } from '../grammar/description.ts'
import { renderDescription } from '../grammar/render.ts'
import type { Extractor, ForgetEvidence } from './extractor.ts'
import { countFeatures, type FeatureCounts } from './feature-counts.ts'
import { logOddsZ } from './log-odds.ts'

const parameters = z.object({
  /** Most concepts that are classes, and most that are single words. */
  maxClasses: z.number().int().min(0).max(60).default(15),
  maxWords: z.number().int().min(0).max(200).default(10),
  /** z-score below which a difference is not named. */
  minZ: z.number().min(0).default(1.96),
  /** Pseudo-counts of the Dirichlet prior per word or mark of the forget side: 1 weighs the prior as the data. */
  priorPerUnit: z.number().positive().default(1),
  /** Words and marks read from either side. */
  maxUnits: z.number().int().positive().default(200_000),
})

export type LexicalExtractorParameters = z.infer<typeof parameters>

/**
 * Names the word classes, forms, signs and words that a forget set has more of than reference text, as sentences of the
 * grammar that the lexical explainer writes.
 */
export const lexicalExtractor: Extractor<LexicalExtractorParameters> = {
  id: 'lexical',
  name: 'Lexical contrast',
  citation: 'Log-odds ratio with informative Dirichlet prior: Monroe, Colaresi and Quinn 2008, Fightin’ Words',
  parameters,
  presets: { corrected: parameters.parse({}) },
  run: extractLexically,
}

/** Classes that say how a text is cut or that hold for nearly every word. */
const unspecific: ReadonlySet<ClassId> = new Set<ClassId>([
  'word',
  'first-piece',
  'later-piece',
  'space',
  'punctuation',
])

const exampleCount = 3

interface Ranked {
  readonly id: number
  readonly zScore: number
}

function extractLexically(evidence: ForgetEvidence, options: LexicalExtractorParameters): ForgetConcept[] {
  const { forget, reference, targets } = evidence
  const tagger = new WindowTagger()
  const emphasised = targets !== undefined && targets.length > 0
  const own = countFeatures(emphasised ? targets : forget, options.maxUnits, tagger)
  const rest = countFeatures(emphasised ? [...forget, ...reference] : reference, options.maxUnits, tagger)
  if (own.total === 0)
    throw new SnipError('bad-data', 'The forget set holds no text', { remedy: 'name its text column' })
  if (rest.total === 0) {
    throw new SnipError('bad-data', 'The reference holds no text', { remedy: 'give reference text to contrast with' })
  }
  const ranked = rankFeatures(own, rest, options, tagger)
  const strongWords = new Map(ranked.words.map(({ id, zScore }) => [id, zScore]))
  const clauses: { clause: Clause; zScore: number }[] = []
  const named = new Set<number>()
  for (const { id, zScore } of ranked.classes.slice(0, options.maxClasses)) {
    const classId = classOf(id, tagger)
    const words = classesWithoutExamples.has(classId) ? [] : strongestMembers(id, own, strongWords)
    for (const word of words) named.add(word)
    const items = words.map((word) => displayWord(wordOf(word, tagger), classId))
    const examples = items.length > 0 ? { examples: { kind: 'such-as', items } as const } : {}
    clauses.push({
      clause: { strength: 'fully', subject: { kind: 'class', id: classId }, ...examples, contexts: [] },
      zScore,
    })
  }
  const single = ranked.words.filter(({ id }) => !named.has(id) && isNameable(wordOf(id, tagger)))
  for (const { id, zScore } of single.slice(0, options.maxWords)) {
    const items = [displayWord(wordOf(id, tagger), null)]
    clauses.push({ clause: { strength: 'fully', subject: { kind: 'words', items }, contexts: [] }, zScore })
  }
  const largest = Math.max(...clauses.map(({ zScore }) => zScore))
  return clauses
    .map(({ clause, zScore }) => ({
      text: renderDescription({ clauses: [clause] }),
      weight: zScore / largest,
      extractor: lexicalExtractor.id,
    }))
    .sort((a, b) => b.weight - a.weight || (a.text < b.text ? -1 : 1))
}

function rankFeatures(
  own: FeatureCounts,
  rest: FeatureCounts,
  options: LexicalExtractorParameters,
  tagger: WindowTagger,
): { classes: Ranked[]; words: Ranked[] } {
  const classes: Ranked[] = []
  const words: Ranked[] = []
  for (const [id, count] of own.byFeature) {
    const feature = tagger.table.get(id)
    if (feature.role === 'class' && unspecific.has(feature.value)) continue
    const counts = {
      forget: count,
      forgetTotal: own.total,
      reference: rest.byFeature.get(id) ?? 0,
      referenceTotal: rest.total,
    }
    const zScore = logOddsZ(counts, options.priorPerUnit * own.total)
    if (zScore < options.minZ) continue
    if (feature.role === 'class') classes.push({ id, zScore })
    else words.push({ id, zScore })
  }
  const byZ = (a: Ranked, b: Ranked) => b.zScore - a.zScore || a.id - b.id
  return { classes: classes.sort(byZ), words: words.sort(byZ) }
}

/** The members of a class that stand out most themselves, else its most frequent ones; a member is so at least as often as not. */
function strongestMembers(id: number, own: FeatureCounts, strong: ReadonlyMap<number, number>): number[] {
  const members = [...(own.wordsOfClass.get(id) ?? [])]
  return members
    .filter(([word, count]) => 2 * count >= (own.byFeature.get(word) ?? 0))
    .sort((a, b) => (strong.get(b[0]) ?? 0) - (strong.get(a[0]) ?? 0) || b[1] - a[1] || a[0] - b[0])
    .slice(0, exampleCount)
    .map(([word]) => word)
}

/** Whether a word has letters and is not the mark of a blank, such as XXXXX. */
function isNameable(word: string): boolean {
  return /\p{L}/u.test(word) && !/^(.)\1{2,}$/u.test(word)
}

function classOf(id: number, tagger: WindowTagger): ClassId {
  const feature = tagger.table.get(id)
  if (feature.role !== 'class') throw new SnipError('internal', `Feature ${id} is no class`)
  return feature.value
}

function wordOf(id: number, tagger: WindowTagger): string {
  return tagger.table.get(id).value
}
