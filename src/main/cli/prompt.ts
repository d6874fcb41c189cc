import { SnipError } from '../../contract/failure.ts'
import type { Prompt } from '../services/models/text.ts'

/** The prompt of a command that takes either ids or a text, under the name of its text flag. */
export function promptOf(
  ids: readonly number[] | undefined,
  flag: '--text' | '--prompt',
  text: string | undefined,
  specialTokens: boolean,
): Prompt {
  if (ids !== undefined && text === undefined) return { ids }
  if (text !== undefined && ids === undefined) return { text, specialTokens }
  const problem = ids === undefined ? `Neither --ids nor ${flag} was given` : `--ids and ${flag} exclude each other`
  throw new SnipError('bad-argument', problem, { remedy: `Give --ids 1,2,3 or ${flag} "some text".` })
}
