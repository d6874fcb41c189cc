import { Option, type Command } from 'commander'
import { providerIdSchema } from '../../contract/engine-host.ts'
import { SnipError } from '../../contract/failure.ts'
import { siteSchema, type Site } from '../../contract/neuron.ts'
import { localModelDraft, type LanguageModels } from '../services/language-models/index.ts'
import { clozeSplits, type ClozeSplit, type DataRequest } from '../services/data-in-use/data-in-use.ts'

/** What a MODEL argument may be. */
export const modelWords = 'checkpoint folder, or .onnx file: one that snip export wrote, or one of another program'

/** The options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object on stdout and nothing else')
    .option('--quiet', 'no progress, no warnings, and no word on what leaves this computer')
    .option('--verbose', 'print what the engine says, and details of faults')
}

/** The options of every command that uses the engine. */
export function withEngineOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--tokenizer <file>', 'tokenizer.json, when it does not lie beside the model')
    .option(
      '--threads <n>',
      'threads that run the model; 0 means what SNIP_THREADS says, or one for each processor',
      wholeNumber('--threads', 0, 1024),
    )
    .addOption(
      new Option('--provider <id>', `run the model on this alone: ${providerIdSchema.options.join(', ')}`).argParser(
        choice('--provider', providerIdSchema.options),
      ),
    )
}

export interface LanguageModelOptions {
  readonly localModel?: string
  readonly providerUrl?: string
  readonly providerModel?: string
  readonly embeddingModel?: string
  readonly concurrency?: number
  readonly contextTokens?: number
  readonly offline?: boolean
}

/**
 * The options of every command that asks language models. The key of a server comes from SNIP_API_KEY. A command that only has sentences
 * embedded takes the options of chats, too, and does not show them.
 */
export function withLanguageModelOptions(command: Command, asks: 'chats' | 'embeddings' = 'chats'): Command {
  const chat = (flags: string, text: string) => new Option(flags, text).hideHelp(asks === 'embeddings')
  return withOffline(command)
    .option(
      '--provider-url <url>',
      "server that speaks as OpenAI's does, such as http://localhost:11434/v1; its key is read from SNIP_API_KEY. Left out: the one of the " +
        'settings that has the named model',
    )
    .addOption(chat('--local-model <folder>', 'instead: a language model in a folder; nothing leaves this computer'))
    .addOption(chat('--provider-model <name>', 'chat model of the server'))
    .option('--embedding-model <name>', 'embedding model of the server')
    .addOption(
      chat(
        '--context-tokens <n>',
        'tokens that the model named here can hold, where its name does not tell: prompts of openai-original are made to fit',
      ).argParser(wholeNumber('--context-tokens', 256, 100_000_000)),
    )
    .option(
      '--concurrency <n>',
      'requests under way at a time, at most, to --provider-url (8 when left out); one of the settings has its own number',
      wholeNumber('--concurrency', 1, 256),
    )
}

export function withOffline(command: Command): Command {
  return command.option(
    '--offline',
    'send nothing: only answers that are kept already count, and what needs another one fails',
  )
}

/**
 * The provider that the options name, as long as this command runs; without an address, the only one of the settings or the one that
 * has the named model. Throws `bad-argument`, also for one that does not do what is asked of it.
 */
export function providerOf(
  languageModels: LanguageModels,
  options: LanguageModelOptions,
  asks: 'chats' | 'embeddings' = 'chats',
): string {
  const { localModel, providerUrl, providerModel, embeddingModel, concurrency, contextTokens } = options
  const needed = asks === 'chats' ? '--provider-model NAME' : '--embedding-model NAME'
  if (localModel !== undefined) {
    if (asks === 'embeddings') {
      throw new SnipError('bad-argument', 'A language model in a folder embeds no sentences', {
        remedy: 'Use --embedder sentence-onnx --embedder-folder DIR, or a server.',
      })
    }
    if (providerUrl !== undefined || providerModel !== undefined || embeddingModel !== undefined) {
      throw new SnipError('bad-argument', '--local-model and the options of a server exclude each other', {
        remedy: 'Give one of them.',
      })
    }
    const context = contextTokens === undefined ? {} : { contextTokens }
    return languageModels.addTransient({ ...localModelDraft(localModel, null), ...context })
  }
  if (providerUrl !== undefined) {
    const chatModel = providerModel ?? embeddingModel
    if (chatModel === undefined || (asks === 'embeddings' && embeddingModel === undefined)) {
      throw new SnipError('bad-argument', `--provider-url needs ${asks === 'chats' ? 'a' : 'an embedding'} model`, {
        remedy: `Give ${needed}.`,
      })
    }
    return languageModels.addTransient({
      name: 'command line',
      baseUrl: providerUrl,
      chatModel,
      embeddingModel: embeddingModel ?? null,
      concurrency: concurrency ?? 8,
      plainHttpAllowed: false,
      ...(contextTokens === undefined ? {} : { contextTokens }),
    })
  }
  const known = languageModels.known()
  const fitting = known.filter(
    (one) =>
      (providerModel === undefined || one.chatModel === providerModel) &&
      (embeddingModel === undefined
        ? asks === 'chats' || one.embeddingModel !== null
        : one.embeddingModel === embeddingModel),
  )
  if (fitting.length === 1) return fitting[0]!.id
  const what = asks === 'chats' ? 'language model' : 'embedding model'
  throw new SnipError(
    'bad-argument',
    fitting.length === 0 ? `No ${what} of a server is named` : `${fitting.length} providers of the settings fit`,
    { remedy: `Give --provider-url URL ${needed}${asks === 'chats' ? ', or --local-model FOLDER' : ''}.` },
  )
}

export interface DataOptions {
  readonly textColumn?: string
  readonly imageColumn?: string
  readonly labelColumn?: string
  readonly where?: string
  readonly sample?: number
  readonly seed: number
  readonly format?: string
  readonly split?: ClozeSplit
}

/** The options of every command that reads data. */
export function withDataOptions(command: Command): Command {
  return command
    .option('--text-column <name>', 'column that holds the text')
    .option('--image-column <name>', 'column that holds images, of a Parquet file')
    .option('--label-column <name>', 'column that holds the classes of images, by number or name')
    .option('--where <predicate>', 'use only rows for which this SQL condition holds, such as "lang = \'en\'"')
    .option('--sample <n>', 'use this many rows, drawn at random by --seed', wholeNumber('--sample', 1))
    .option(
      '--format <id>',
      'txt, csv, tsv, jsonl, json, parquet or cbt (cloze questions); else the name and content tell',
    )
}

/** The seed of a command. */
export function withSeed(command: Command): Command {
  return command.option('--seed <n>', 'seed of everything random', wholeNumber('--seed', 0), 0)
}

/** The split of cloze files. */
export function withSplit(command: Command, fallback: ClozeSplit): Command {
  const text = `of a cloze file, its first 100 questions (forget), the others (evaluation) or all; one of ${clozeSplits.join(', ')}`
  return command.addOption(
    new Option('--split <part>', text).default(fallback).argParser(choice('--split', clozeSplits)),
  )
}

/** A DATA argument with its options. */
export function dataRequest(path: string, options: DataOptions, split: ClozeSplit): DataRequest {
  const { textColumn, where, sample, seed, format, imageColumn, labelColumn } = options
  return {
    path,
    ...(imageColumn === undefined ? {} : { imageColumn }),
    ...(labelColumn === undefined ? {} : { labelColumn }),
    split: options.split ?? split,
    options: {
      seed,
      ...(textColumn === undefined ? {} : { textColumn }),
      ...(where === undefined ? {} : { where }),
      ...(sample === undefined ? {} : { sample }),
      ...(format === undefined ? {} : { format }),
    },
  }
}

/** Reads a whole number from `least` to `most`. */
export function wholeNumber(flag: string, least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value) && value >= least && value <= most) return value
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
    throw new SnipError('bad-argument', `${flag} needs a whole number ${range}, not '${text}'`, {
      remedy: `Give for instance ${flag} ${Math.max(least, 1)}.`,
    })
  }
}

/** Reads a number >= 0. */
export function nonNegativeNumber(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
    throw new SnipError('bad-argument', `${flag} needs a number from 0, not '${text}'`, {
      remedy: `Give for instance ${flag} 0.7.`,
    })
  }
}

/** Reads one of several words. */
export function choice<T extends string>(flag: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((known) => known === text)
    if (word !== undefined) return word
    throw new SnipError('bad-argument', `${flag} cannot be '${text}'`, { remedy: `Use one of: ${words.join(', ')}.` })
  }
}

/** Reads `1,2,3`. */
export function tokenIdList(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.every((part) => /^\d{1,15}$/.test(part))) return parts.map(Number)
  throw new SnipError('bad-argument', `--ids needs token ids such as 1,2,3, not '${text}'`, {
    remedy: 'Separate whole numbers by commas.',
  })
}

/** Reads `mlp,attention`. */
export function siteList(text: string): Site[] {
  return text.split(',').map((part) => choice('--sites', siteSchema.options)(part.trim()))
}

/** Collects a repeated `--param k=v`. */
export function collectParam(
  text: string,
  others: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const at = text.indexOf('=')
  if (at > 0) return { ...others, [text.slice(0, at)]: text.slice(at + 1) }
  throw new SnipError('bad-argument', `--param needs name=value, not '${text}'`, {
    remedy: 'Give for instance --param epsilon=0.001.',
  })
}

/** Collects a repeated option. */
export function collect(text: string, others: readonly string[] | undefined): string[] {
  return [...(others ?? []), text]
}

export interface ReplacementOptions {
  readonly replacement: 'zero' | 'mean'
  readonly recording?: string
}

/** What stands in the place of removed neurons. */
export function withReplacement(command: Command): Command {
  return command
    .addOption(
      new Option('--replacement <what>', 'zero, or mean: each neuron stays at its mean over --recording')
        .argParser(choice('--replacement', ['zero', 'mean']))
        .default('zero'),
    )
    .option('--recording <dir>', 'the recording whose means --replacement mean takes')
}

/** The recording of the means, if any. Throws `bad-argument` when one of the two flags stands alone. */
export function recordingOfMeans({ replacement, recording }: ReplacementOptions): { meansOf?: string } {
  if (replacement === 'mean' && recording === undefined) {
    throw new SnipError('bad-argument', '--replacement mean needs the means of a recording', {
      remedy: 'Name the folder that snip record wrote with --recording.',
    })
  }
  if (replacement === 'zero' && recording !== undefined) {
    throw new SnipError('bad-argument', '--recording says nothing without --replacement mean', {
      remedy: 'Add --replacement mean, or leave --recording out.',
    })
  }
  return recording === undefined ? {} : { meansOf: recording }
}
