import { SnipError } from '../../contract/failure.ts'

const percentPattern = /^(\d+(?:\.\d+)?|\.\d+)\s*%$/
const countPattern = /^\d+$/

/**
 * How many neurons "the top" is: `'2%'` = round(2 / 100 x neuronCount), halves up; `'737'` or 737 = that many. 0 and all
 * are legal. Throws `bad-argument` for anything else, and for more than there are.
 */
export function resolveTop(top: string | number, neuronCount: number): number {
  const text = String(top).trim()
  const percent = percentPattern.exec(text)
  if (percent) {
    const share = Number(percent[1])
    if (share <= 100) return Math.round((share * neuronCount) / 100)
    throw new SnipError('bad-argument', `The top ${text} is more than all neurons`, { remedy: 'Use 0% to 100%.' })
  }
  if (!countPattern.test(text)) {
    throw new SnipError('bad-argument', `'${text}' is neither a percentage nor a number of neurons`, {
      remedy: 'Use for instance 2% or 737.',
    })
  }
  const count = Number(text)
  if (count <= neuronCount) return count
  throw new SnipError('bad-argument', `The top ${text} is more than the ${neuronCount} neurons of the ranked sites`, {
    remedy: `Use at most ${neuronCount}.`,
  })
}
