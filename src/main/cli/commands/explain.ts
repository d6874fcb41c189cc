import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import { explain, type NeuronChoice } from '../../services/concepts/explain.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { wholeNumber, withEngineOptions, withSeed } from '../options.ts'
import { formatCount } from '../output/numbers.ts'

interface ExplainOptions extends CommonOptions {
  readonly explainer: string
  readonly neurons?: string
  readonly top?: number
  readonly out: string
  readonly seed: number
}

export function addExplain(program: Command, door: CommandDoor): void {
  withSeed(withEngineOptions(program.command('explain')))
    .description('one sentence for each neuron of a recording')
    .argument('<dir>', 'folder of the recording')
    .requiredOption('--explainer <id>', 'who explains: lexical')
    .option('--neurons <file>', 'neurons to explain: one a line, a JSON array, a plan or a ranking')
    .option('--top <n>', 'the n neurons whose maximum stands out most (max / rms)', wholeNumber('--top', 1))
    .requiredOption('--out <file>', 'concepts.jsonl to write')
    .action((recording: string, options: ExplainOptions) =>
      door.run(options, async ({ models, task }) => {
        const { explainer, out, seed } = options
        const neurons = chooseNeurons(options)
        const tokenizer = options.tokenizer ?? null
        const concepts = await explain(models, { recording, explainer, neurons, seed, out, tokenizer }, task)
        const failed = concepts.filter(({ status }) => status === 'failed').length
        const scores = concepts.flatMap(({ score }) => (score === null ? [] : [score]))
        const mean = scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length
        const scored = scores.length === 0 ? 'none scoreable' : `mean score ${mean?.toFixed(3)} over ${scores.length}`
        return {
          json: { out, concepts: concepts.length, failed, scored: scores.length, meanScore: mean },
          text: `${out}: ${formatCount(concepts.length)} concepts, ${failed} failed, ${scored}\n`,
        }
      }),
    )
}

function chooseNeurons({ neurons, top }: ExplainOptions): NeuronChoice {
  if (neurons !== undefined && top !== undefined) {
    throw new SnipError('bad-argument', '--neurons and --top exclude each other', { remedy: 'Give one of them.' })
  }
  if (neurons !== undefined) return { file: neurons }
  return top === undefined ? 'all' : { top }
}
