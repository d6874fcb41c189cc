import type { Command } from 'commander'
import { describeNeuron, type ShownNeuron } from '../../services/recordings/show-neuron.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { withCommonOptions } from '../options.ts'
import { formatCount, formatNumber } from '../output/numbers.ts'
import { formatPairs, formatTable } from '../output/table.ts'

export function addNeuron(program: Command, door: CommandDoor): void {
  withCommonOptions(program.command('neuron'))
    .description('what a recording knows of one neuron')
    .argument('<dir>', 'folder of the recording')
    .argument('<neuron>', 'site:layer:index, for instance mlp:3:117')
    .action((directory: string, neuron: string, options: CommonOptions) =>
      door.run(options, () => {
        const shown = describeNeuron(directory, neuron)
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
