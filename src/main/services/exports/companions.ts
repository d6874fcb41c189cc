import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { ExportFormat, ModelFacts } from '../../../contract/engine-host.ts'
import type { ModelReference } from '../engine/engine.ts'

/** Files of the tokenizer that transformers.js and Optimum read. */
const tokenizerFiles = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja']
/** Other spellings of the same tokenizer, which Python's libraries may look for in a checkpoint. */
const otherTokenizerFiles = ['added_tokens.json', 'vocab.json', 'merges.txt', 'vocab.txt', 'tokenizer.model']
const modelFiles = ['generation_config.json']
const checkpointFiles = ['preprocessor_config.json']

export interface Companion {
  readonly from: string
  readonly name: string
  readonly bytes: number
}

/** The tokenizer.json that a model was opened with: beside it, or above the folder `onnx`, when none was named. */
export function tokenizerPath(facts: ModelFacts, model: ModelReference): string {
  if (model.tokenizer !== null) return resolve(model.tokenizer)
  const home = facts.source === 'checkpoint' ? facts.path : dirname(facts.path)
  const beside = join(home, 'tokenizer.json')
  return basename(home) === 'onnx' && !existsSync(beside) ? join(dirname(home), 'tokenizer.json') : beside
}

/**
 * What a folder takes over from the source as it is: the tokenizer, from wherever the model was opened with it, and how to
 * generate. A single ONNX file has none: its tokenizer is copied beside it.
 */
export function companionsOf(facts: ModelFacts, model: ModelReference, format: ExportFormat): Companion[] {
  if (format === 'onnx') return []
  const home = facts.source === 'checkpoint' ? facts.path : dirname(facts.path)
  const tokenizer = tokenizerPath(facts, model)
  const isCheckpoint = format === 'checkpoint'
  const others = isCheckpoint && dirname(tokenizer) === home ? otherTokenizerFiles : []
  const readsImages = facts.objective === 'image'
  const wanted: { from: string; name: string }[] = [{ from: tokenizer, name: 'tokenizer.json' }]
  for (const name of [...tokenizerFiles.slice(1), ...others])
    wanted.push({ from: join(dirname(tokenizer), name), name })
  for (const name of [...modelFiles, ...(isCheckpoint || readsImages ? checkpointFiles : [])])
    wanted.push({ from: join(home, name), name })
  const found: Companion[] = []
  for (const { from, name } of wanted) {
    const stats = statSync(from, { throwIfNoEntry: false })
    if (stats?.isFile()) found.push({ from, name, bytes: stats.size })
  }
  return found
}
