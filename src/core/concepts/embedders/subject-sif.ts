import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { strengthLevels } from '../grammar/classes.ts'
import { parseDescription } from '../grammar/parse.ts'
import { renderDescription } from '../grammar/render.ts'
import { ConceptReader, type ConceptItem } from './concept-items.ts'
import type { Embedder, EmbedderMember } from './embedder.ts'
import { blankExemplars, exemplarsOf } from './exemplars.ts'
import { firstSingularVector, normaliseRow, removeDirection } from './vectors.ts'

export interface SubjectSifInput {
  /** The subject model's token embeddings, row-major [vocabulary, width]. */
  readonly embeddings: Float32Array
  readonly width: number
  /** How often each token occurs in the probing corpus. */
  readonly tokenCounts: ArrayLike<number>
  /** Token ids of a text, without special tokens. */
  readonly encode: (text: string) => readonly number[]
  /** Sentences that the common component is estimated from: all that are to be compared, in any order. */
  readonly sentences: readonly string[]
}

const parameters = z.object({
  /** The a of a / (a + p). */
  smoothing: z.number().positive().default(1e-3),
  /** Names of classes are replaced by members of the class. */
  classes: z.boolean().default(true),
  /** Words that every description shares, such as "words related to", are left out. */
  dropGlue: z.boolean().default(true),
  /** A quoted word is mentioned, not used: how often the corpus uses it says nothing about its weight. */
  quotedWeight: z.enum(['sif', 'one']).default('one'),
})

export type SubjectSifParameters = z.infer<typeof parameters>

/** The member of the embedder registry. */
export const subjectSif: EmbedderMember<SubjectSifInput, SubjectSifParameters> = {
  id: 'subject-sif',
  name: 'Averaged token embeddings of the subject model',
  citation: 'Arora, Liang and Ma 2017, A simple but tough-to-beat baseline for sentence embeddings',
  parameters,
  presets: {
    paper: parameters.parse({ classes: false, dropGlue: false, quotedWeight: 'sif' }),
    corrected: parameters.parse({}),
  },
  create: createSubjectSif,
}

/**
 * Smooth inverse frequency (Arora, Liang and Ma 2017) over the subject model's own token embeddings: the average of a
 * sentence's words, each weighted a / (a + p(word)), less the first singular vector of the given sentences. The clauses of
 * a sentence of the grammar count by their strength, and one that describes no pattern gives zeros.
 */
function createSubjectSif(input: SubjectSifInput, options: SubjectSifParameters): Embedder {
  const { width } = input
  if (
    width < 1 ||
    input.embeddings.length % width !== 0 ||
    input.tokenCounts.length * width !== input.embeddings.length
  ) {
    throw new SnipError('internal', 'The token embeddings, their width and the token counts do not fit together')
  }
  const reader = new ConceptReader(options)
  const words = new WordVectors(input, options)
  const average = (texts: readonly string[]) => {
    const rows = new Float64Array(texts.length * width)
    texts.forEach((text, i) => {
      const statements = statementsOf(text)
      const total = statements.reduce((sum, { level }) => sum + level, 0)
      for (const statement of statements) {
        const items = reader.read(statement.text)
        for (const item of items) words.addItem(rows, i * width, item, statement.level / total / items.length)
      }
    })
    return rows
  }
  const common = firstSingularVector(average([...new Set(input.sentences)].toSorted()), width)
  return {
    id: subjectSif.id,
    dims: width,
    embed(texts) {
      const rows = average(texts)
      removeDirection(rows, width, common)
      for (let i = 0; i < texts.length; i++) normaliseRow(rows, i * width, width)
      return Float32Array.from(rows)
    },
  }
}

/** The clauses of a sentence of the grammar, each with its strength; any other sentence as one. */
function statementsOf(text: string): { text: string; level: number }[] {
  const description = parseDescription(text)
  if (!description) return [{ text, level: 1 }]
  return description.clauses.map((clause) => ({
    text: renderDescription({ clauses: [{ ...clause, strength: 'fully' }] }),
    level: strengthLevels[clause.strength],
  }))
}

class WordVectors {
  readonly #input: SubjectSifInput
  readonly #options: SubjectSifParameters
  readonly #total: number
  readonly #cache = new Map<string, Float64Array>()

  constructor(input: SubjectSifInput, options: SubjectSifParameters) {
    this.#input = input
    this.#options = options
    let total = 0
    for (let i = 0; i < input.tokenCounts.length; i++) total += input.tokenCounts[i] as number
    this.#total = Math.max(total, 1)
  }

  addItem(rows: Float64Array, start: number, item: ConceptItem, scale: number): void {
    const vector = this.#itemVector(item)
    for (let k = 0; k < vector.length; k++)
      rows[start + k] = (rows[start + k] as number) + scale * (vector[k] as number)
  }

  #itemVector(item: ConceptItem): Float64Array {
    const key = item.kind === 'class' ? `class ${item.id}` : `${item.kind} ${item.text}`
    let vector = this.#cache.get(key)
    if (!vector) {
      vector = this.#compute(item)
      this.#cache.set(key, vector)
    }
    return vector
  }

  #compute(item: ConceptItem): Float64Array {
    const sum = new Float64Array(this.#input.width)
    if (item.kind === 'class') {
      const blank = blankExemplars[item.id] ?? []
      const members = exemplarsOf(item.id)
      const count = blank.length + members.length
      for (const text of blank) this.#addTokens(sum, text, false, 1 / count)
      for (const text of members) this.#addTokens(sum, surface(text), false, 1 / count)
      return sum
    }
    const weighted = item.kind === 'used' || this.#options.quotedWeight === 'sif'
    this.#addTokens(sum, surface(item.text), weighted, 1)
    return sum
  }

  /** Adds the mean of a text's token vectors. */
  #addTokens(sum: Float64Array, text: string, weighted: boolean, scale: number): void {
    const { encode, embeddings, width, tokenCounts } = this.#input
    const ids = encode(text)
    for (const id of ids) {
      const p = (tokenCounts[id] ?? 0) / this.#total
      const weight = (weighted ? this.#options.smoothing / (this.#options.smoothing + p) : 1) * (scale / ids.length)
      for (let k = 0; k < width; k++) {
        sum[k] = (sum[k] as number) + weight * (embeddings[id * width + k] ?? 0)
      }
    }
  }
}

/** A word as it stands in running text, with the space before it that byte-level vocabularies keep. */
function surface(text: string): string {
  return /^[\p{L}\p{N}_]/u.test(text) ? ` ${text}` : text
}
