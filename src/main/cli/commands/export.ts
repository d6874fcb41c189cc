import { Option, type Command } from 'commander'
import { exportModel } from '../../services/exports/export-model.ts'
import { readPlan } from '../../services/plans/plans.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { choice, withEngineOptions } from '../options.ts'
import { formatBytes } from '../output/numbers.ts'
import { formatPairs } from '../output/table.ts'

interface ExportOptions extends CommonOptions {
  readonly plan: string
  readonly realisation: 'zeroed' | 'compact'
  readonly out: string
  readonly weights?: 'inline' | 'external'
}

export function addExport(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('export'))
    .description('write the pruned model as ONNX and verify the file against what was measured')
    .argument('<model>', 'checkpoint folder or exported .onnx')
    .requiredOption('--plan <file>', 'plan of neurons to remove')
    .addOption(
      new Option('--realisation <how>', 'zeroed or compact')
        .argParser(choice('--realisation', ['zeroed', 'compact']))
        .makeOptionMandatory(),
    )
    .requiredOption('--out <file>', 'FILE.onnx to write')
    .addOption(
      new Option('--weights <where>', 'inline or external; by default inline below 1 GiB').argParser(
        choice('--weights', ['inline', 'external']),
      ),
    )
    .action((model: string, options: ExportOptions) =>
      door.run(options, async ({ models, task, ...call }) => {
        const { realisation, out } = options
        const { file, manifest, contents } = await exportModel(
          models,
          {
            model: call.model(model),
            plan: readPlan(options.plan),
            realisation,
            out,
            weights: options.weights ?? null,
          },
          task,
        )
        const { verification, files } = contents
        return {
          json: { file, manifest, verification, files, planHash: contents.planHash, modelHash: contents.modelHash },
          text: formatPairs([
            ...files.map(({ name, bytes }) => ['file', `${name} (${formatBytes(bytes)})`] as const),
            ['manifest', manifest],
            ['verified over', `${verification.comparedTokens} tokens`],
            ['largest logit difference', verification.maxAbsLogit],
            ['largest loss difference', `${verification.maxAbsLossNats} nats`],
            ['same greedy text', verification.sameGreedyText ? 'yes' : 'no'],
          ]),
        }
      }),
    )
}
