import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ModelFacts } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import { writeNewAside } from '../../files/write-aside.ts'
import type { ModelReference } from '../engine/engine.ts'

export interface TokenizerCopy {
  readonly from: string
  readonly to: string
}

/**
 * Which tokenizer files have to be copied into `folder`. Throws `exists` when others of the same name lie there: the
 * exported model would be read with the wrong one.
 */
export function planTokenizerCopies(facts: ModelFacts, model: ModelReference, folder: string): TokenizerCopy[] {
  const home = facts.source === 'checkpoint' ? facts.path : dirname(facts.path)
  const tokenizer = model.tokenizer === null ? join(home, 'tokenizer.json') : resolve(model.tokenizer)
  const copies: TokenizerCopy[] = []
  for (const [from, name] of [
    [tokenizer, 'tokenizer.json'],
    [join(dirname(tokenizer), 'tokenizer_config.json'), 'tokenizer_config.json'],
  ] as const) {
    const to = join(folder, name)
    if (!existsSync(from)) continue
    if (!existsSync(to)) copies.push({ from, to })
    else if (!readFileSync(to).equals(readFileSync(from))) {
      throw new SnipError('exists', `The folder of the export holds another ${name}`, {
        remedy: 'Export into a folder of its own.',
      })
    }
  }
  return copies
}

export function copyTokenizer(copies: readonly TokenizerCopy[]): void {
  for (const { from, to } of copies) writeNewAside(to, [readFileSync(from)])
}
