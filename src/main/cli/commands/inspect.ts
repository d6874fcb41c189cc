import type { Command } from 'commander'
import { inspectModel, type ModelReport } from '../../services/models/inspect.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { modelWords, withEngineOptions } from '../options.ts'
import { formatBytes, formatCount } from '../output/numbers.ts'
import { formatPairs } from '../output/table.ts'

export function addInspect(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('inspect'))
    .description('what a model is: family, sizes, neurons, hash')
    .argument('<model>', modelWords)
    .action((model: string, options: CommonOptions) =>
      door.run(options, async ({ models, task, ...call }) => {
        const report = await inspectModel(models, call.model(model), task)
        return { json: report, text: describe(report) }
      }),
    )
}

const objectives: Readonly<Record<ModelReport['objective'], string>> = {
  causal: 'the next token',
  masked: 'the token behind a mask, from both sides',
  image: 'the class of an image',
}

function describe(report: ModelReport): string {
  const { tokenizer, provider, image } = report
  return formatPairs([
    ['model', report.path],
    ['family', `${report.familyName} (${report.family})`],
    ['layers', report.layers],
    ['width', report.width],
    ['heads', `${report.heads} of width ${report.headWidth}, ${report.keyValueHeads} key-value heads`],
    ['predicts', objectives[report.objective]],
    ...(image
      ? [
          ['images', `${image.width} x ${image.height} pixels, ${image.channels} channels`] as const,
          ['context', `${formatCount(report.contextLength)} patches with the class token`] as const,
          ['classes', formatCount(image.labels.length)] as const,
        ]
      : [
          ['context', `${formatCount(report.contextLength)} tokens, ${report.positions} positions`] as const,
          [
            'vocabulary',
            `${formatCount(report.vocabularySize)}, tokenizer ${formatCount(tokenizer.vocabularySize)}`,
          ] as const,
        ]),
    ['weights', `${formatCount(report.parameters)} of ${report.dtype}, ${formatBytes(report.weightBytes)}`],
    ['output head', report.tiedHead ? 'tied to the embedding' : 'of its own'],
    ['mlp neurons', `${formatCount(report.neurons.mlp)} (${perLayer(report.neuronsPerLayer.mlp)})`],
    ['attention neurons', `${formatCount(report.neurons.attention)} (${perLayer(report.neuronsPerLayer.attention)})`],
    ...(report.discovery ? describeDiscovery(report.discovery) : []),
    ['provider', provider.used],
    ...provider.refused.map(({ provider: id, reason }) => [`  refused ${id}`, reason] as const),
    ['model hash', report.modelHash],
  ])
}

/** What was found in a graph of another program, and how sure that is. */
function describeDiscovery({ planBy, certain, likely, checked, notes }: NonNullable<ModelReport['discovery']>) {
  return [
    ['sites found', `${certain} certain, ${likely.length} likely`],
    ...likely.map((text) => ['  likely', text] as const),
    ...checked.map((text) => ['  checked', text] as const),
    ['plans act by', planBy === 'mask' ? 'masks on neurons' : 'zeroed weights: activations are quantised as it runs'],
    ...notes.map((text) => ['  note', text] as const),
  ] as const
}

function perLayer(widths: readonly number[]): string {
  const [first] = widths
  return widths.every((width) => width === first) ? `${first ?? 0} per layer` : `by layer ${widths.join(', ')}`
}
