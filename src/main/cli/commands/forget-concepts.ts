import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import type { ForgetConcept } from '../../../contract/files.ts'
import { moneyWords } from '../../services/concepts/llm-progress.ts'
import { extractForgetConcepts } from '../../services/forget-concepts/forget-concepts.ts'
import { embedderIds } from '../../services/embedders/embed-texts.ts'
import {
  estimateForgetConcepts,
  listForgetConcepts,
  snipLlmId,
} from '../../services/forget-concepts/forget-concepts-llm.ts'
import { budgetOf, withBudget, type BudgetOptions } from '../budget-options.ts'
import type { Answer, CommandDoor, CommonOptions, Invocation } from '../command-door.ts'
import {
  collectParam,
  dataRequest,
  modelWords,
  providerOf,
  wholeNumber,
  withCommonOptions,
  withDataOptions,
  withLanguageModelOptions,
  withSeed,
  withSplit,
  type DataOptions,
  type LanguageModelOptions,
} from '../options.ts'
import { estimateText } from '../output/estimate.ts'
import { formatTable } from '../output/table.ts'

interface ForgetConceptsOptions extends CommonOptions, DataOptions, LanguageModelOptions, BudgetOptions {
  readonly reference?: string
  readonly preset?: string
  readonly param?: Record<string, string>
  readonly estimate?: boolean
  readonly extractor: string
  readonly embedder?: string
  readonly embedderFolder?: string
  readonly model?: string
  readonly recording?: string
  readonly out: string
  readonly referenceTextColumn?: string
  readonly referenceWhere?: string
  readonly referenceSample?: number
  readonly referenceFormat?: string
}

export function addForgetConcepts(program: Command, door: CommandDoor): void {
  const command = withDataOptions(withCommonOptions(program.command('forget-concepts')))
  withBudget(withLanguageModelOptions(withSplit(withSeed(command), 'forget')))
    .description('the concepts that a forget set needs and reference text does not')
    .argument('<data>', 'the forget set')
    .option('--reference <data>', 'ordinary text to contrast with, for lexical')
    .requiredOption('--extractor <id>', 'who extracts: lexical, or snip-llm with a language model')
    .requiredOption('--out <file>', 'forget.jsonl to write')
    .option('--reference-text-column <name>', 'as --text-column, of the reference')
    .option('--reference-where <predicate>', 'as --where, of the reference')
    .option('--reference-sample <n>', 'as --sample, of the reference', wholeNumber('--reference-sample', 1))
    .option('--reference-format <id>', 'as --format, of the reference')
    .option('--preset <id>', 'of snip-llm: paper, as-released or corrected')
    .option('--param <name=value>', 'a parameter of snip-llm; may be repeated', collectParam)
    .option(
      '--embedder <id>',
      `who compares the wordings of several draws: ${embedderIds.join(', ')}, or none; else --embedding-model, if any`,
    )
    .option('--embedder-folder <dir>', 'sentence-transformers model as ONNX, for sentence-onnx')
    .option('--model <model>', `whose embeddings subject-sif takes: ${modelWords}`)
    .option('--recording <dir>', 'recording that subject-sif learns from')
    .option('--estimate', 'of snip-llm: count tokens and cost, and send nothing')
    .action((path: string, options: ForgetConceptsOptions) =>
      door.run(options, async (call) => {
        const { task } = call
        const { extractor, out } = options
        if (extractor === snipLlmId) return askModel(path, options, call)
        if (options.reference === undefined) {
          throw new SnipError('bad-argument', "required option '--reference <data>' not specified", {
            remedy: 'Name ordinary text to contrast with.',
          })
        }
        const { concepts, dataHash } = await extractForgetConcepts(
          {
            forget: dataRequest(path, options, 'forget'),
            reference: dataRequest(options.reference, referenceOptions(options), 'all'),
            extractor,
            out,
          },
          task,
        )
        return { json: { out, concepts, dataHash }, text: conceptTable(concepts) }
      }),
    )
}

async function askModel(path: string, options: ForgetConceptsOptions, call: Invocation): Promise<Answer> {
  const { languageModels, models, workbench, task } = call
  const { out, seed, preset = null, param: params = {} } = options
  const forget = dataRequest(path, options, 'forget')
  const provider = providerOf(languageModels, options)
  const common = { forget, provider, preset, params, seed }
  if (options.estimate) {
    const estimate = await estimateForgetConcepts(languageModels, common, task)
    return { json: estimate, text: estimateText(estimate) }
  }
  const services = { models, languageModels, cacheFolder: workbench.cacheFolder }
  const draws = {
    embedder: options.embedder === 'none' ? null : options.embedder,
    model: options.model === undefined ? null : call.model(options.model),
    recording: options.recording ?? null,
    folder: options.embedderFolder ?? null,
  }
  const request = { ...common, budget: budgetOf(options), out, draws }
  const { concepts, dataHash, spending, failed } = await listForgetConcepts(services, request, task)
  return {
    json: { out, concepts, dataHash, spending, failed },
    text: `${conceptTable(concepts)}${spending.calls} calls, ${moneyWords(spending)}\n`,
  }
}

function conceptTable(concepts: readonly ForgetConcept[]): string {
  const rows = concepts.map(({ text, weight }) => [weight.toFixed(3), text])
  return formatTable([['weight', 'concept'], ...rows], ['right', 'left'])
}

function referenceOptions(options: ForgetConceptsOptions): DataOptions {
  return {
    seed: options.seed,
    ...(options.referenceTextColumn === undefined ? {} : { textColumn: options.referenceTextColumn }),
    ...(options.referenceWhere === undefined ? {} : { where: options.referenceWhere }),
    ...(options.referenceSample === undefined ? {} : { sample: options.referenceSample }),
    ...(options.referenceFormat === undefined ? {} : { format: options.referenceFormat }),
  }
}
