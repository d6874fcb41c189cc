import { Option, type Command } from 'commander'
import type { ExportTiming } from '../../../contract/engine-host.ts'
import { exportModel } from '../../services/exports/export-model.ts'
import { readPlan } from '../../services/plans/plans.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { choice, modelWords, withEngineOptions } from '../options.ts'
import { formatBytes } from '../output/numbers.ts'
import { formatPairs } from '../output/table.ts'

const formats = ['onnx', 'onnx-folder', 'checkpoint'] as const

interface ExportOptions extends CommonOptions {
  readonly plan: string
  readonly realisation: 'zeroed' | 'compact'
  readonly format: (typeof formats)[number]
  readonly out: string
  readonly weights?: 'inline' | 'external'
}

export function addExport(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('export'))
    .description('write the pruned model and verify what was written against what was measured')
    .argument('<model>', modelWords)
    .requiredOption('--plan <file>', 'plan of neurons to remove')
    .addOption(
      new Option(
        '--realisation <how>',
        'zeroed: removed rows are zeros, sizes stay; compact: removed rows are taken out',
      )
        .argParser(choice('--realisation', ['zeroed', 'compact']))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--format <format>',
        'onnx: one file; onnx-folder: for transformers.js and Optimum; checkpoint: safetensors',
      )
        .argParser(choice('--format', formats))
        .default('onnx'),
    )
    .requiredOption('--out <path>', 'FILE.onnx to write, or the folder to make')
    .addOption(
      new Option(
        '--weights <where>',
        'of ONNX, weights in the file (inline) or beside it (external); by default inline below 1 GiB',
      ).argParser(choice('--weights', ['inline', 'external'])),
    )
    .action((model: string, options: ExportOptions) =>
      door.run(options, async ({ models, task, ...call }) => {
        const { realisation, format, out } = options
        const { file, manifest, contents, timing } = await exportModel(
          models,
          {
            model: call.model(model),
            plan: readPlan(options.plan),
            realisation,
            format,
            out,
            weights: options.weights ?? null,
          },
          task,
        )
        const { verification, files, notes = [] } = contents
        return {
          json: {
            file,
            manifest,
            format,
            verification,
            timing,
            files,
            notes,
            planHash: contents.planHash,
            modelHash: contents.modelHash,
          },
          text: formatPairs([
            ...files.map(({ name, bytes }) => ['file', `${name} (${formatBytes(bytes)})`] as const),
            ['manifest', manifest],
            ['verified over', `${verification.comparedTokens} tokens`],
            ['largest logit difference', verification.maxAbsLogit],
            ['largest loss difference', `${verification.maxAbsLossNats} nats`],
            ...(verification.maxAbsPaddedLogit === undefined
              ? []
              : [['largest with padding and cache', verification.maxAbsPaddedLogit] as const]),
            ['same greedy text', verification.sameGreedyText ? 'yes' : 'no'],
            ...notes.map((text) => ['note', text] as const),
            ...(timing === null ? [] : [['time per token', timePerToken(timing)] as const]),
          ]),
        }
      }),
    )
}

function timePerToken({ maskedMsPerToken, exportedMsPerToken }: ExportTiming): string {
  return `${maskedMsPerToken.toPrecision(3)} ms masked, ${exportedMsPerToken.toPrecision(3)} ms as written`
}
