import { Option, type Command } from 'commander'
import { providerIdSchema } from '../../contract/engine-host.ts'
import { SnipError } from '../../contract/failure.ts'
import { siteSchema, type Site } from '../../contract/neuron.ts'
import { localModelDraft, type LanguageModels } from '../services/language-models/index.ts'
import { clozeSplits, type ClozeSplit, type DataRequest } from '../services/data-in-use/data-in-use.ts'

/** The options that every command has. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object on stdout and nothing else')
    .option('--quiet', 'no progress and no warnings')
    .option('--verbose', 'print what the engine says, and details of faults')
}

/** The options of every command that uses the engine. */
export function withEngineOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--tokenizer <file>', 'tokenizer.json, when it does not lie beside the model')
    .option('--threads <n>', 'threads of the engine; 0 means one for each processor', wholeNumber('--threads', 0, 1024))
    .addOption(
      new Option('--provider <id>', 'run on this provider only').argParser(
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

/** The options of every command that asks language models. The key of a server comes from SNIP_API_KEY. */
export function withLanguageModelOptions(command: Command): Command {
  return withOffline(command)
    .option(
      '--provider-url <url>',
      "address of a server that speaks as OpenAI's does, such as http://localhost:11434/v1",
    )
    .option('--local-model <folder>', 'instead: a language model in a folder, run here; nothing leaves this computer')
    .option('--provider-model <name>', 'its chat model')
    .option('--embedding-model <name>', 'its embedding model')
    .option(
      '--context-tokens <n>',
      'tokens that the model named here can hold: openai-original shortens its examples for it',
      wholeNumber('--context-tokens', 256, 100_000_000),
    )
    .option('--concurrency <n>', 'most requests under way at a time', wholeNumber('--concurrency', 1, 256))
}

export function withOffline(command: Command): Command {
  return command.option('--offline', 'send nothing: only answers that are there already')
}

/**
 * The provider that the options name, as long as this command runs; without an address, the only one of the settings or the one that
 * has the named model. Throws `bad-argument`.
 */
export function providerOf(languageModels: LanguageModels, options: LanguageModelOptions): string {
  const { localModel, providerUrl, providerModel, embeddingModel, concurrency, contextTokens } = options
  if (localModel !== undefined) {
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
    if (chatModel === undefined) {
      throw new SnipError('bad-argument', '--provider-url needs a model', { remedy: 'Give --provider-model NAME.' })
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
      (embeddingModel === undefined || one.embeddingModel === embeddingModel),
  )
  if (fitting.length === 1) return fitting[0]!.id
  throw new SnipError(
    'bad-argument',
    fitting.length === 0 ? 'No language model of a server is named' : `${fitting.length} providers of the settings fit`,
    { remedy: 'Give --provider-url URL --provider-model NAME, or --local-model FOLDER.' },
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
    .option('--label-column <name>', 'column that holds their classes, by number or name')
    .option('--where <predicate>', 'SQL predicate over the rows')
    .option('--sample <n>', 'draw this many rows', wholeNumber('--sample', 1))
    .option('--format <id>', 'read the file as this format')
}

/** The seed of a command. */
export function withSeed(command: Command): Command {
  return command.option('--seed <n>', 'seed of everything random', wholeNumber('--seed', 0), 0)
}

/** The split of cloze files. */
export function withSplit(command: Command, fallback: ClozeSplit): Command {
  const text = `questions of a cloze file: ${clozeSplits.join(', ')}; the first 100 are the forget set`
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
