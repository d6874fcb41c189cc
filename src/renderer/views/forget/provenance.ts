import type { ForgetConceptItem } from '../../../contract/workbench/forget-concepts.ts'

type From = Pick<ForgetConceptItem, 'source' | 'author' | 'preset' | 'draws' | 'drawsOf'>

/** Who a concept is of, in one word: the name of a person, else what made it. */
export function authorOf({ source, author }: From): string {
  return source === 'person' ? (author ?? source) : source
}

/** All that is known of where a concept comes from: "snip-llm (corrected) with lab/model, in 2 of 3 draws". */
export function whereFrom({ source, author, preset, draws, drawsOf }: From): string {
  if (source === 'person') return author === undefined ? 'Written by a person' : `Written by ${author}`
  const made = preset === undefined ? source : `${source} (${preset})`
  const by = author === undefined ? '' : ` with ${author}`
  return `${made}${by}${draws === undefined || drawsOf === undefined ? '' : `, in ${draws} of ${drawsOf} draws`}`
}
