import type { Command } from 'commander'
import { evaluate } from '../../services/evaluations/evaluate.ts'
import { readPlan } from '../../services/plans/plans.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import {
  collectParam,
  dataRequest,
  modelWords,
  wholeNumber,
  withDataOptions,
  withEngineOptions,
  withSeed,
  withSplit,
  type DataOptions,
} from '../options.ts'
import { formatResult } from '../output/numbers.ts'
import { formatTable } from '../output/table.ts'

export interface MetricOptions {
  readonly preset?: string
  readonly param?: Record<string, string>
  readonly tokens?: number
  readonly window?: number
  readonly scorer?: string
  readonly specialTokens?: boolean
}

interface EvaluateOptions extends CommonOptions, DataOptions, MetricOptions {
  readonly metric: string
  readonly data: string
  readonly plan?: string
}

/** The parameters of metrics that have flags of their own. */
export function withMetricOptions(command: Command): Command {
  return withSplit(withSeed(withDataOptions(withEngineOptions(command))), 'evaluation')
    .option('--tokens <n>', 'lm, masked-lm: measure on the first n tokens; left out, all', wholeNumber('--tokens', 1))
    .option('--window <n>', 'lm, masked-lm: tokens per window (64)', wholeNumber('--window', 2))
    .option('--special-tokens', 'masked-lm: frame every window by the special tokens that the tokenizer has for it')
    .option('--scorer <id>', 'cloze: whole-mean-nll (default), suffix-sum-logprob or choice-only')
    .option(
      '--preset <id>',
      'parameters of the metric as a whole: paper, as-released or corrected, as far as it has them',
    )
    .option('--param <name=value>', 'a parameter of the metric; may be repeated', collectParam)
}

/** Flags and `--param` as parameters of a metric. */
export function metricParams({ param, tokens, window, scorer, specialTokens }: MetricOptions): Record<string, unknown> {
  return {
    ...param,
    ...(tokens === undefined ? {} : { tokens }),
    ...(window === undefined ? {} : { window }),
    ...(scorer === undefined ? {} : { scorer }),
    ...(specialTokens === undefined ? {} : { specialTokens }),
  }
}

export function addEvaluate(program: Command, door: CommandDoor): void {
  withMetricOptions(program.command('evaluate'))
    .description('measure a model, pruned by a plan or as it is')
    .argument('<model>', modelWords)
    .requiredOption('--metric <id>', 'lm, cloze, masked-lm or image-top1')
    .requiredOption('--data <data>', 'the data to measure on')
    .option('--plan <file>', 'plan of neurons to silence')
    .action((model: string, options: EvaluateOptions) =>
      door.run(options, async ({ models, task, ...call }) => {
        const { metric, preset, seed } = options
        const evaluation = await evaluate(
          models,
          {
            model: call.model(model),
            metric,
            preset: preset ?? null,
            params: metricParams(options),
            data: dataRequest(options.data, options, 'evaluation'),
            plan: options.plan === undefined ? null : readPlan(options.plan),
            seed,
          },
          task,
        )
        const rows = Object.entries(evaluation.results).map(([name, result]) => [
          name,
          formatResult(result),
          result.ok ? `${result.n} ${result.unit}s` : '',
        ])
        for (const result of Object.values(evaluation.results)) result.warnings.forEach((text) => task.warn(text))
        return {
          json: evaluation,
          text: formatTable([['result', 'value [95 % interval]', 'over'], ...rows], ['left', 'left', 'right']),
        }
      }),
    )
}
