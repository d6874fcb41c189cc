import { basename } from 'node:path'
import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import { parseGrid } from '../../services/sweeps/sweep-points.ts'
import { sweep, type SweepLine, type SweepMeasure } from '../../services/sweeps/sweep.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import {
  collect,
  dataRequest,
  modelWords,
  recordingOfMeans,
  withReplacement,
  type DataOptions,
  type ReplacementOptions,
} from '../options.ts'
import { formatResult } from '../output/numbers.ts'
import { shortenLine } from '../output/sweep-line.ts'
import { formatTable } from '../output/table.ts'
import { metricParams, withMetricOptions, type MetricOptions } from './evaluate.ts'

interface SweepOptions extends CommonOptions, DataOptions, MetricOptions, ReplacementOptions {
  readonly ranking: string[]
  readonly grid: string
  readonly metric: string[]
  readonly out: string
}

export function addSweep(program: Command, door: CommandDoor): void {
  withReplacement(withMetricOptions(program.command('sweep')))
    .description('measure a model while more and more of the top of rankings is removed')
    .argument('<model>', modelWords)
    .requiredOption('--ranking <file>', 'ranking.jsonl; may be repeated', collect)
    .requiredOption(
      '--grid <list>',
      'how many of the top are removed: per cent of the ranked neurons, or numbers, such as 0,0.5%,1%,500',
    )
    .requiredOption('--metric <id:data...>', 'metric and data, such as lm:prose.txt; may be repeated')
    .requiredOption('--out <dir>', 'folder of the sweep')
    .action((model: string, options: SweepOptions) =>
      door.run(options, async ({ models, task, ...call }) => {
        const { ranking: rankings, out: directory, seed } = options
        const lines = await sweep(
          models,
          {
            model: call.model(model),
            rankings: rankings.map((path) => ({ path, label: path })),
            grid: parseGrid(options.grid),
            measures: options.metric.map((text) => readMeasure(text, options)),
            directory,
            seed,
            ...recordingOfMeans(options),
          },
          task,
        )
        return {
          json: { out: directory, points: lines.length, lines: lines.map(shortenLine) },
          text: describe(lines),
        }
      }),
    )
}

/** `lm:prose.txt` with the flags that the metric knows: one command line serves several metrics. */
function readMeasure(text: string, options: SweepOptions): SweepMeasure {
  const at = text.indexOf(':')
  if (at < 1 || at === text.length - 1) {
    throw new SnipError('bad-argument', `--metric needs a metric and its data, not '${text}'`, {
      remedy: 'Give for instance --metric lm:prose.txt.',
    })
  }
  const metric = text.slice(0, at)
  const { param, tokens, window, scorer, specialTokens } = options
  const own = ownFlags(metric, { tokens, window, scorer, specialTokens })
  return {
    metric,
    preset: options.preset ?? null,
    params: metricParams({ ...(param === undefined ? {} : { param }), ...withoutUndefined(own) }),
    data: dataRequest(text.slice(at + 1), options, 'evaluation'),
  }
}

/** The flags that a metric knows. */
function ownFlags(metric: string, { tokens, window, scorer, specialTokens }: Record<string, unknown>) {
  if (metric === 'cloze') return { scorer }
  if (metric === 'masked-lm') return { tokens, window, specialTokens }
  return metric === 'image-top1' ? {} : { tokens, window }
}

function withoutUndefined(values: Record<string, unknown>): MetricOptions {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function describe(lines: readonly SweepLine[]): string {
  const rows = lines.flatMap(({ ranking, method, k, fraction, metric, data, results }) =>
    Object.entries(results).map(([name, result]) => [
      basename(ranking),
      method,
      String(k),
      `${(100 * fraction).toFixed(2)} %`,
      `${metric}:${basename(data)}`,
      name,
      formatResult(result),
    ]),
  )
  const heading = ['ranking', 'method', 'k', 'share', 'measure', 'result', 'value [95 % interval]']
  return formatTable([heading, ...rows], ['left', 'left', 'right', 'right', 'left', 'left', 'left'])
}
