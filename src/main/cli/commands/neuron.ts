import type { Command } from 'commander'
import {
  describeNeuron,
  describeNeuronWithActivations,
  type ShownNeuron,
} from '../../services/recordings/show-neuron.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { withEngineOptions } from '../options.ts'
import { formatCount, formatNumber } from '../output/numbers.ts'
import { formatPairs, formatTable } from '../output/table.ts'

interface NeuronOptions extends CommonOptions {
  readonly activations?: boolean
}

export function addNeuron(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('neuron'))
    .description('what a recording knows of one neuron')
    .argument('<dir>', 'folder of the recording')
    .argument('<neuron>', 'site:layer:index, for instance mlp:3:117')
    .option(
      '--activations',
      'run the recorded model for the activations of the windows by quantile, too, which a recording does not keep',
    )
    .action((directory: string, neuron: string, options: NeuronOptions) =>
      door.run(options, async ({ models, task }) => {
        const tokenizer = options.tokenizer ?? null
        const shown = options.activations
          ? await describeNeuronWithActivations(models, { directory, id: neuron, tokenizer }, task)
          : describeNeuron(directory, neuron)
        return { json: shown, text: describe(shown) }
      }),
    )
}

function describe(shown: ShownNeuron): string {
  const statistics = formatPairs([
    ['neuron', shown.neuron],
    ['tokens', formatCount(shown.tokens)],
    ['freq', `${(100 * shown.freq).toFixed(1)} % above 0`],
    ...(['meanAbs', 'rms', 'mean', 'stdPopulation', 'max'] as const).map(
      (name) => [name, formatNumber(shown[name])] as const,
    ),
  ])
  const windows = shown.windows.map(({ row, tokenStart, ids, max, activations }, at) => {
    const peak = activations.indexOf(Math.max(...activations))
    const place = row === undefined ? String(tokenStart) : `row ${row}, ${tokenStart}`
    return [String(at + 1), place, formatNumber(max), `${ids[peak] ?? '-'} at ${peak}`]
  })
  const bands = shown.bands.map(({ from, to, count, low, high, note }) => [
    `${from} to ${to}`,
    String(count),
    low === null || high === null ? '-' : `${formatNumber(low)} to ${formatNumber(high)}`,
    note ?? '',
  ])
  return [
    statistics,
    '\n',
    formatTable([['top', 'starts at token', 'max', 'id there'], ...windows], ['right', 'right', 'right', 'left']),
    '\n',
    formatTable([['quantile', 'windows', 'window maxima', 'note'], ...bands], ['left', 'right', 'left', 'left']),
  ].join('')
}
