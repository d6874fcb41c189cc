import { diffArrays } from 'diff'

/** A run of text that both sides share, or that they have in place of each other; one side may be empty. */
export interface WordGroup {
  readonly same: boolean
  readonly original: string
  readonly unlearned: string
}

export interface WordDifference {
  readonly groups: readonly WordGroup[]
  /** Words that only one side has. */
  readonly changedOriginal: number
  readonly changedUnlearned: number
  /** False when the texts were too long and too different to compare word by word; then there is one group. */
  readonly complete: boolean
}

/** Editing steps after which two texts count as different throughout: keeps the worst case well under a frame. */
const mostEdits = 800

/**
 * What changed between two texts, word by word. Words are found as the text's own script has them; white space between two
 * changes belongs to the change.
 */
export function wordGroups(original: string, unlearned: string): WordDifference {
  const parts = diffArrays(words(original), words(unlearned), { maxEditLength: mostEdits })
  if (!parts) {
    const whole = { same: false, original, unlearned }
    return {
      groups: [whole],
      changedOriginal: countWords(original),
      changedUnlearned: countWords(unlearned),
      complete: false,
    }
  }
  const groups: WordGroup[] = []
  for (const part of parts) {
    const text = part.value.join('')
    const same = !part.added && !part.removed
    append(groups, {
      same,
      original: part.added ? '' : text,
      unlearned: part.removed ? '' : text,
    })
  }
  return { groups, ...countChanges(groups), complete: true }
}

/** Joins neighbouring changes, and changes that only white space keeps apart. */
function append(groups: WordGroup[], next: WordGroup): void {
  const last = groups.at(-1)
  const beforeLast = groups.at(-2)
  if (last && !last.same && !next.same) {
    groups[groups.length - 1] = join(last, next)
  } else if (last?.same && last.original.trim() === '' && beforeLast && !beforeLast.same && !next.same) {
    groups.length -= 2
    groups.push(join(join(beforeLast, last), next))
  } else {
    groups.push(next)
  }
}

function join(first: WordGroup, second: WordGroup): WordGroup {
  return {
    same: false,
    original: first.original + second.original,
    unlearned: first.unlearned + second.unlearned,
  }
}

function countChanges(groups: readonly WordGroup[]) {
  let changedOriginal = 0
  let changedUnlearned = 0
  for (const group of groups) {
    if (group.same) continue
    changedOriginal += countWords(group.original)
    changedUnlearned += countWords(group.unlearned)
  }
  return { changedOriginal, changedUnlearned }
}

function words(text: string): string[] {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })
  const found: string[] = []
  for (const { segment } of segmenter.segment(text)) found.push(segment)
  return found
}

function countWords(text: string): number {
  let count = 0
  for (const { isWordLike } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)) {
    if (isWordLike) count += 1
  }
  return count
}
