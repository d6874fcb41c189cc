import type { Command } from 'commander'
import { embedderIds } from '../../services/embedders/embed-texts.ts'
import { rank } from '../../services/rankings/rank.ts'
import { budgetOf, withBudget, type BudgetOptions } from '../budget-options.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import {
  collectParam,
  modelWords,
  providerOf,
  withEngineOptions,
  withLanguageModelOptions,
  withSeed,
  type LanguageModelOptions,
} from '../options.ts'
import { formatCount } from '../output/numbers.ts'
import { formatTable } from '../output/table.ts'

interface RankOptions extends CommonOptions, LanguageModelOptions, BudgetOptions {
  readonly model: string
  readonly out: string
  readonly preset?: string
  readonly param?: Record<string, string>
  readonly seed: number
  readonly concepts?: string
  readonly forgetConcepts?: string
  readonly protectedConcepts?: string
  readonly ratings?: string
  readonly embedder?: string
  readonly embedderFolder?: string
  readonly recording?: string
  readonly keywords?: string
  readonly forget?: string
  readonly retain?: string
}

const shown = 10

export function addRank(program: Command, door: CommandDoor): void {
  withBudget(withLanguageModelOptions(withSeed(withEngineOptions(program.command('rank'))), 'embeddings'))
    .description('order the neurons of a model, best candidate for removal first')
    .argument('<method>', 'snip, keyword, random, activation-ratio, llm-rated')
    .requiredOption('--model <model>', modelWords)
    .requiredOption('--out <file>', 'ranking.jsonl to write')
    .option(
      '--preset <id>',
      'parameters as the method has them: paper, as-released or corrected; of snip also protected',
    )
    .option('--param <name=value>', 'a parameter of the method, such as epsilon=0.001; may be repeated', collectParam)
    .option('--concepts <file>', 'concepts.jsonl of the neurons; for snip, keyword and llm-rated')
    .option('--forget-concepts <file>', 'forget.jsonl: what shall be forgotten; for snip')
    .option(
      '--protected-concepts <file>',
      'concepts that must stay, a file like forget.jsonl; for snip with the preset protected',
    )
    .option('--ratings <file>', 'ratings.jsonl that snip rate wrote; for llm-rated')
    .option(
      '--embedder <id>',
      `who turns sentences into vectors, for snip: ${embedderIds.join(', ')}; openai-compatible sends them to a server`,
    )
    .option('--embedder-folder <dir>', 'sentence-transformers model as ONNX; for sentence-onnx')
    .option('--recording <dir>', 'recording that subject-sif learns from')
    .option('--keywords <list>', 'words to look for in concepts, such as verb,action; for keyword')
    .option('--forget <dir>', 'recording of the forget data; for activation-ratio')
    .option('--retain <dir>', 'recording of the retain data; for activation-ratio')
    .action((method: string, options: RankOptions) =>
      door.run(options, async ({ models, languageModels, workbench, task, ...call }) => {
        const { out, seed, concepts, forgetConcepts, embedder, recording, forget, retain } = options
        const { protectedConcepts, ratings } = options
        const ranking = await rank(
          models,
          {
            method,
            model: call.model(options.model),
            out,
            preset: options.preset ?? null,
            params: {
              ...options.param,
              ...(options.keywords === undefined ? {} : { keywords: keywordList(options.keywords) }),
            },
            seed,
            concepts,
            forgetConcepts,
            protectedConcepts,
            ratings,
            embedder,
            embedderFolder: options.embedderFolder,
            ...(embedder === 'openai-compatible'
              ? { provider: providerOf(languageModels, options, 'embeddings') }
              : {}),
            budget: budgetOf(options),
            recording,
            forget,
            retain,
          },
          task,
          { languageModels, cacheFolder: workbench.cacheFolder },
        )
        const { header, neurons } = ranking
        const rows = neurons.slice(0, shown).map((line) => [String(line.rank), line.neuron, line.score.toPrecision(5)])
        const count = `${formatCount(neurons.length)} of ${formatCount(header.neuronCount)} neurons ranked`
        return {
          json: { out, ...header, ranked: neurons.length, top: neurons.slice(0, shown) },
          text: `${out}: ${count}\n${formatTable([['rank', 'neuron', 'score'], ...rows], ['right', 'left', 'right'])}`,
        }
      }),
    )
}

function keywordList(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}
