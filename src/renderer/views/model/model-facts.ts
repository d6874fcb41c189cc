import type { ModelCard } from '../../../contract/workbench/model.ts'
import { formatBytes, formatCount } from '../../components/numbers.ts'

export interface Fact {
  readonly name: string
  readonly text: string
  /** All digits, for copying. */
  readonly full: string
}

/** "12" for a model whose layers are alike, "8, 8, 4" otherwise. */
function alike(values: readonly number[]): string {
  const first = values[0]
  if (first === undefined) return 'none'
  return values.every((value) => value === first) ? formatCount(first) : values.map(formatCount).join(', ')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function siteText(widths: readonly number[]): string {
  return `${alike(widths)} per layer, ${formatCount(sum(widths))} in all`
}

const kinds: Readonly<Record<ModelCard['source'], string>> = {
  checkpoint: 'checkpoint (safetensors)',
  export: 'export of this workbench (ONNX)',
  onnx: 'graph of another program (ONNX)',
}

/** What was found in a graph of another program, and how sure that is. */
function discoveryFacts({ planBy, certain, likely, checked, notes }: NonNullable<ModelCard['discovery']>): Fact[] {
  const lines = (name: string, texts: readonly string[]): Fact[] => {
    const text = texts.join('. ')
    return texts.length === 0 ? [] : [{ name, text, full: text }]
  }
  const sites = likely.length === 0 ? `all ${certain} certain` : `${certain} certain, ${likely.length} likely`
  return [
    { name: 'Sites found', text: sites, full: [sites, ...likely].join('. ') },
    ...lines('Likely', likely),
    ...lines('Checked', checked),
    ...lines('Plans act by', [
      planBy === 'mask' ? 'masks on neurons' : 'zeroed weights: activations are quantised as it runs',
    ]),
    ...lines('To know', notes),
  ]
}

/** What a model predicts, and how those are measured that the other views cannot serve. */
function objectiveFacts({ objective, image, vocabularySize }: ModelCard): Fact[] {
  const plain = (name: string, text: string): Fact => ({ name, text, full: text })
  const toKnow = (metric: string, what: string) =>
    plain('To know', `${what} are measured by the command line: snip evaluate MODEL --metric ${metric} --data DATA`)
  if (objective === 'masked') {
    return [plain('Predicts', 'tokens behind masks'), toKnow('masked-lm', 'Masked language models')]
  }
  if (objective === 'causal' || image === undefined) return [plain('Predicts', 'the next token')]
  return [
    plain('Predicts', 'the class of an image'),
    plain('Images', `${image.width} x ${image.height} pixels, ${image.channels} channels`),
    plain('Classes', formatCount(vocabularySize)),
    toKnow('image-top1', 'Image models'),
  ]
}

/** What a person asks of a model before anything else, in the order in which they ask. */
export function modelFacts(card: ModelCard): readonly Fact[] {
  const plain = (name: string, text: string, full = text): Fact => ({ name, text, full })
  const count = (name: string, value: number): Fact => ({ name, text: formatCount(value), full: String(value) })
  const { beginId, endId } = card.tokenizer
  const ends = [beginId === null ? '' : `begin ${beginId}`, endId === null ? '' : `end ${endId}`].filter(Boolean)
  return [
    plain('Family', card.familyName),
    plain('Kind', kinds[card.source]),
    count('Parameters', card.parameters),
    plain('Weights', `${formatBytes(card.weightBytes)}, ${card.weightTypes.join(' + ')}`, String(card.weightBytes)),
    count('Layers', card.layers),
    count('Width', card.width),
    plain(
      'Heads',
      `${alike(card.headCounts)} of width ${formatCount(card.headWidth)}` +
        (alike(card.keyValueHeadCounts) === alike(card.headCounts)
          ? ''
          : `, ${alike(card.keyValueHeadCounts)} for keys and values`),
    ),
    plain('MLP neurons', siteText(card.neurons.mlp), String(sum(card.neurons.mlp))),
    plain('Attention neurons', siteText(card.neurons.attention), String(sum(card.neurons.attention))),
    plain('Positions', card.positions),
    count(card.image ? 'Patches and class token' : 'Context', card.contextLength),
    ...(card.image
      ? []
      : [
          count('Vocabulary', card.vocabularySize),
          plain(
            'Tokenizer',
            `${formatCount(card.tokenizer.vocabularySize)} tokens${ends.length === 0 ? '' : `, ${ends.join(', ')}`}`,
            String(card.tokenizer.vocabularySize),
          ),
        ]),
    plain('Output head', card.tiedHead ? 'tied to the embedding' : 'its own'),
    ...objectiveFacts(card),
    ...(card.discovery ? discoveryFacts(card.discovery) : []),
  ]
}
