import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import type { Concept } from '../../../contract/files.ts'
import { leftOutWords } from '../../services/concepts/choose-neurons.ts'
import { explain, type NeuronChoice } from '../../services/concepts/explain.ts'
import { explainWithLanguageModel } from '../../services/concepts/explain-llm.ts'
import { estimateExplaining, type ExplainEstimate } from '../../services/concepts/llm-estimate.ts'
import { controlWords, moneyWords } from '../../services/concepts/llm-progress.ts'
import { isLlmExplainer } from '../../services/concepts/llm-ways.ts'
import type { Answer, CommandDoor, CommonOptions, Invocation } from '../command-door.ts'
import { budgetOf, withBudget, type BudgetOptions } from '../budget-options.ts'
import {
  providerOf,
  wholeNumber,
  withEngineOptions,
  withLanguageModelOptions,
  withSeed,
  type LanguageModelOptions,
} from '../options.ts'
import { estimateText } from '../output/estimate.ts'
import { formatCount } from '../output/numbers.ts'

interface ExplainOptions extends CommonOptions, LanguageModelOptions, BudgetOptions {
  readonly explainer: string
  readonly neurons?: string
  readonly top?: number
  readonly out?: string
  readonly seed: number
  readonly scorer?: string
  readonly calibration: string
  readonly samples: number
  readonly control: number
  readonly batches?: boolean
  readonly extend?: boolean
  readonly askAnew?: boolean
  readonly estimate?: boolean
}

export function addExplain(program: Command, door: CommandDoor): void {
  withBudget(withLanguageModelOptions(withSeed(withEngineOptions(program.command('explain')))))
    .description('one sentence for each neuron of a recording')
    .argument('<dir>', 'folder of the recording')
    .requiredOption('--explainer <id>', 'who explains: lexical; with a language model openai-original or summary')
    .option('--neurons <file>', 'neurons to explain: one a line, a JSON array, a plan or a ranking')
    .option(
      '--top <n>',
      'the n neurons whose maximum stands out most (max / rms); with a language model the first n of --neurons',
      wholeNumber('--top', 1),
    )
    .option('--out <file>', 'concepts.jsonl to write')
    .option(
      '--scorer <id>',
      'who scores the sentences of a language model: simulation-logprobs, simulation-written, simulation-echo, detection or fuzzing; left out, nobody',
    )
    .option('--calibration <id>', 'how simulations are brought to scale: none, linear or percentile', 'none')
    .option('--samples <n>', 'sentences drawn for a neuron; the best is kept', wholeNumber('--samples', 1, 20), 1)
    .option(
      '--control <n>',
      'as a control, also score n neurons by the sentence of another one',
      wholeNumber('--control', 0),
      0,
    )
    .option('--batches', "through the server's Batch interface: within a day, half the price at OpenAI")
    .option('--extend', 'keep the concepts of --out and take the next neurons')
    .option(
      '--ask-anew',
      'the same, and ask once more where the answer in --out was no concept; else these are left out',
    )
    .option('--estimate', 'count requests, tokens and cost, and send nothing')
    .action((recording: string, options: ExplainOptions) =>
      door.run(options, (call) =>
        isLlmExplainer(options.explainer) ? askModel(recording, options, call) : explainHere(recording, options, call),
      ),
    )
}

async function explainHere(recording: string, options: ExplainOptions, { models, task }: Invocation): Promise<Answer> {
  const { explainer, seed } = options
  const out = requireOut(options)
  if (options.neurons !== undefined && options.top !== undefined) {
    throw new SnipError('bad-argument', '--neurons and --top exclude each other', { remedy: 'Give one of them.' })
  }
  const neurons = chooseNeurons(options)
  const tokenizer = options.tokenizer ?? null
  const concepts = await explain(models, { recording, explainer, neurons, seed, out, tokenizer }, task)
  const failed = concepts.filter(({ status }) => status === 'failed').length
  return describe(out, concepts, failed, {}, [])
}

async function askModel(recording: string, options: ExplainOptions, call: Invocation): Promise<Answer> {
  const { models, languageModels, task } = call
  const { explainer, calibration, samples, control, seed } = options
  const neurons = chooseNeurons(options)
  const named = { explainer, scorer: options.scorer ?? null, calibration, samples, seed }
  const provider = providerOf(languageModels, options)
  const extend = options.extend === true || options.askAnew === true
  const common = {
    ...named,
    recording,
    neurons,
    provider,
    control,
    inBatches: options.batches ?? false,
    askAnew: options.askAnew ?? false,
    tokenizer: options.tokenizer ?? null,
  }
  if (options.estimate) {
    const extended = extend ? (options.out ?? null) : null
    const estimate = await estimateExplaining(models, languageModels, { ...common, extends: extended }, task)
    return { json: estimate, text: estimateText(estimate, [['neurons', neuronWords(estimate)]], common.inBatches) }
  }
  const out = requireOut(options)
  const budget = budgetOf(options)
  const request = { ...common, budget, out, extend }
  const outcome = await explainWithLanguageModel(models, languageModels, request, task)
  const { concepts, explained, failed, skipped, leftOut, spending } = outcome
  const notes = [
    `${formatCount(spending.calls)} calls, ${moneyWords(spending)}, ${formatCount(spending.reused)} answers reused`,
    ...(skipped === 0 ? [] : [`${formatCount(skipped)} skipped: the same command with a greater budget goes on there`]),
    ...(leftOut === 0 ? [] : [`${leftOutWords(leftOut)}: --ask-anew asks about them once more`]),
    ...(outcome.control === null ? [] : [controlWords(outcome.control)]),
  ]
  return describe(out, concepts, failed, { explained, skipped, leftOut, spending, control: outcome.control }, notes)
}

function describe(
  out: string,
  concepts: readonly Concept[],
  failed: number,
  more: Readonly<Record<string, unknown>>,
  notes: readonly string[],
): Answer {
  const scores = concepts.flatMap(({ score }) => (score === null ? [] : [score]))
  const mean = scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length
  const scored = scores.length === 0 ? 'none scoreable' : `mean score ${mean?.toFixed(3)} over ${scores.length}`
  return {
    json: { out, concepts: concepts.length, failed, scored: scores.length, meanScore: mean, ...more },
    text: [
      `${out}: ${formatCount(concepts.length)} concepts, ${failed} failed, ${scored}\n`,
      ...notes.map((note) => `${note}\n`),
    ].join(''),
  }
}

function neuronWords({ neurons, counted, leftOut }: ExplainEstimate): string {
  return [
    formatCount(neurons),
    ...(counted < neurons ? [`of which ${formatCount(counted)} were counted`] : []),
    ...(leftOut > 0 ? [leftOutWords(leftOut)] : []),
  ].join(', ')
}

function requireOut({ out }: ExplainOptions): string {
  if (out !== undefined) return out
  throw new SnipError('bad-argument', "required option '--out <file>' not specified", {
    remedy: 'Name the concepts.jsonl to write.',
  })
}

function chooseNeurons({ neurons, top }: ExplainOptions): NeuronChoice {
  if (neurons !== undefined) return top === undefined ? { file: neurons } : { file: neurons, top }
  return top === undefined ? 'all' : { top }
}
