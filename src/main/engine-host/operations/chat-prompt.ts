import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { SnipError } from '../../../contract/failure.ts'
import {
  chatTemplateOf,
  namedTokensOf,
  renderChat,
  type ChatMessage,
  type NamedTokens,
  type RenderedChat,
} from './chat-template.ts'
import { field, isObject } from '../../../core/tokenizer/tokenizer-json.ts'
import type { Tokenizer } from '../../../core/tokenizer/tokenizer.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import type { OpenModel } from '../model/open-model.ts'

/** How a chat is written for a model. */
export interface ChatFormat {
  /** Null where the model comes without one. */
  readonly template: string | null
  readonly tokens: NamedTokens
  /** Tokens that end an answer, by generation_config.json. */
  readonly stopIds: readonly number[]
  /** SHA-256 of all files that decide it. */
  readonly key: string
}

const largestFile = 32 * 1024 * 1024
/** A template of a published model takes some milliseconds. */
const templateMs = 2000
const mostStops = 100

/** Reads tokenizer_config.json, chat_template.jinja, which goes before the other's template, and generation_config.json. Throws `bad-model`. */
export function chatFormat(model: Pick<OpenModel, 'path'>): ChatFormat {
  const { read, key, ...template } = templateOf(model)
  const generation = parse('generation_config.json', read('generation_config.json'))
  // It decides how the text becomes tokens.
  read('tokenizer.json')
  return { ...template, stopIds: stopIdsOf(generation), key: key() }
}

function templateOf(model: Pick<OpenModel, 'path'>) {
  const folder = statSync(model.path).isDirectory() ? model.path : dirname(model.path)
  // Optimum and transformers.js keep graphs in a folder of their own, below the other files.
  const folders = basename(folder) === 'onnx' ? [folder, dirname(folder)] : [folder]
  const hash = createHash('sha256')
  const read = (name: string): string | null => {
    const path = folders.map((one) => join(one, name)).find((one) => existsSync(one))
    if (path === undefined) return null
    if (statSync(path).size > largestFile) throw bad(`${name} is larger than ${largestFile} bytes`)
    const bytes = readRegularFile(path)
    hash.update(name).update('\0').update(String(bytes.length)).update('\0').update(bytes)
    return bytes.toString('utf8')
  }
  const config = parse('tokenizer_config.json', read('tokenizer_config.json'))
  const template = read('chat_template.jinja') ?? chatTemplateOf(config)
  return { template, tokens: namedTokensOf(config), read, key: () => hash.digest('hex') }
}

/**
 * Ids of a chat up to where the answer begins. Control tokens are found in what the template writes alone. Throws `bad-model` without
 * a usable template, `llm-reply` for a text that the tokenizer has no plain tokens for.
 */
export function chatPrompt(model: Pick<OpenModel, 'path' | 'tokenizer'>, messages: readonly ChatMessage[]): number[] {
  const { template, tokens } = templateOf(model)
  if (template === null) {
    throw new SnipError('bad-model', `${basename(model.path)} has no chat template`, {
      remedy: 'Use a model that was trained to chat, or put its chat_template.jinja beside it.',
    })
  }
  const { text, contents } = inTime(() => renderChat(template, messages, tokens))
  return encodeLiteral(model.tokenizer, text, contents).ids
}

/**
 * Ids and spans of a text of which some places are plain text, whatever they spell. Throws `llm-reply` where the tokenizer's vocabulary itself
 * makes a control token of them.
 */
export function encodeLiteral(tokenizer: Tokenizer, text: string, literal: RenderedChat['contents']) {
  const { ids, spans } = tokenizer.encodeWithSpans(text, { literal })
  for (const [at, id] of ids.entries()) {
    if (!tokenizer.isSpecial(id)) continue
    const [start, end] = spans[at]!
    if (literal.some(([from, to]) => start < to && from < end)) {
      const piece = JSON.stringify(tokenizer.tokenPiece(id))
      throw new SnipError('llm-reply', `The text holds what the tokenizer only knows as its control token ${piece}`, {
        remedy: 'Use another model for this text.',
      })
    }
  }
  return { ids, spans }
}

/** Ends a computation that takes too long: nothing in this process could run meanwhile. */
function inTime<T>(compute: () => T): T {
  try {
    return runInNewContext('compute()', { compute }, { timeout: templateMs }) as T
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw bad(`The chat template takes more than ${templateMs / 1000} seconds`)
  }
}

function stopIdsOf(generation: unknown): number[] {
  const value = isObject(generation) ? field(generation, 'eos_token_id') : undefined
  const ids: unknown[] = Array.isArray(value) ? value.slice(0, mostStops) : [value]
  return ids.filter((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0)
}

function parse(name: string, text: string | null): unknown {
  if (text === null) return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw bad(`${name} is not JSON`)
  }
}

function bad(what: string): SnipError {
  return new SnipError('bad-model', what, { remedy: 'Use the files that were published with this model.' })
}
