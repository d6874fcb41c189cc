import { formatCount } from '../../components/numbers.ts'

/** "1 document", "1,200 documents". */
export function counted(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`
}
