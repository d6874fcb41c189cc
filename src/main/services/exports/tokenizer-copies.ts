import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { ModelFacts } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import { writeNewAside } from '../../files/write-aside.ts'
import type { ModelReference } from '../engine/engine.ts'
import { sha256 } from '../jobs/canonical-json.ts'
import { tokenizerPath } from './companions.ts'
import type { ExportedFile } from './export-model.ts'

const imageConfig = 'preprocessor_config.json'

export interface TokenizerCopy {
  readonly from: string
  readonly to: string
  /** True when `to` lies there already, byte for byte the same. */
  readonly isThere: boolean
}

/**
 * Which files of the tokenizer, or of how images are prepared, belong into `folder` beside an export. Throws `exists` when others of the same name lie there: the
 * exported model would be read with the wrong one.
 */
export function planTokenizerCopies(facts: ModelFacts, model: ModelReference, folder: string): TokenizerCopy[] {
  const tokenizer = tokenizerPath(facts, model)
  const copies: TokenizerCopy[] = []
  for (const [from, name] of [
    [tokenizer, 'tokenizer.json'],
    [join(dirname(tokenizer), 'tokenizer_config.json'), 'tokenizer_config.json'],
    ...(facts.objective === 'image' ? [[join(dirname(tokenizer), imageConfig), imageConfig] as const] : []),
  ] as const) {
    const to = join(folder, name)
    if (!existsSync(from)) continue
    const isThere = existsSync(to)
    if (isThere && !readFileSync(to).equals(readFileSync(from))) {
      throw new SnipError('exists', `The folder of the export holds another ${name}`, {
        remedy: 'Export into a folder of its own.',
      })
    }
    copies.push({ from, to, isThere })
  }
  return copies
}

/** Writes what is not there yet, and answers all of them as a manifest lists them. */
export function copyTokenizer(copies: readonly TokenizerCopy[]): ExportedFile[] {
  return copies.map(({ from, to, isThere }) => {
    const content = readFileSync(isThere ? to : from)
    if (!isThere) writeNewAside(to, [content])
    return { name: basename(to), bytes: content.length, sha256: sha256(content) }
  })
}
