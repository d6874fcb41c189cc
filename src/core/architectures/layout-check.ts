import type { SnipError } from '../../contract/failure.ts'
import { requireTensor, type TensorIndex } from '../onnx/tensor-index.ts'
import {
  objectiveOf,
  type AttentionLayout,
  type BlockLayout,
  type HeadNorm,
  type ImageInput,
  type Linear,
  type MlpLayout,
  type ModelLayout,
  type Norm,
  type RemovedSublayer,
} from './layout.ts'

/**
 * Checks that a layout agrees with itself and with the tensors that it names. Throws `bad-model` for a tensor of another shape, else
 * what `bad` makes of the contradiction.
 */
export function checkLayout(layout: ModelLayout, tensors: TensorIndex, bad: (what: string) => SnipError): void {
  new LayoutCheck(layout, tensors, bad).run()
}

class LayoutCheck {
  readonly #layout: ModelLayout
  readonly #tensors: TensorIndex
  readonly #bad: (what: string) => SnipError

  constructor(layout: ModelLayout, tensors: TensorIndex, bad: (what: string) => SnipError) {
    this.#layout = layout
    this.#tensors = tensors
    this.#bad = bad
  }

  run(): void {
    const { width, vocabularySize, embedding, embeddingProjection, image, tokenTypes, blocks } = this.#layout
    if (image) this.#image(image)
    else requireTensor(this.#tensors, embedding, [vocabularySize, embeddingProjection?.inputs ?? width])
    if ((objectiveOf(this.#layout) === 'image') !== (image !== undefined)) {
      throw this.#bad('a classifier of images says nothing of its images, or another model does')
    }
    if (embeddingProjection) {
      this.#linear(embeddingProjection, null)
      if (embeddingProjection.outputs !== width) throw this.#bad('the projection of its embeddings has the wrong width')
    }
    if (tokenTypes) requireTensor(this.#tensors, tokenTypes.table, [tokenTypes.rows, width])
    this.#norm(this.#layout.embeddingNorm)
    this.#positions()
    for (const block of blocks) this.#block(block)
    this.#head()
  }

  #image(image: ImageInput): void {
    const { width, vocabularySize, contextLength, embedding, embeddingProjection, embeddingScale } = this.#layout
    const { channels, height, patchHeight, patchWidth, bias, classToken, labels } = image
    requireTensor(this.#tensors, embedding, [width, channels, patchHeight, patchWidth])
    if (bias !== null) requireTensor(this.#tensors, bias, [width])
    requireTensor(this.#tensors, classToken, [1, 1, width])
    if (labels.length !== vocabularySize) throw this.#bad('it names more or fewer classes than it tells apart')
    if ((height / patchHeight) * (image.width / patchWidth) + 1 !== contextLength) {
      throw this.#bad('its patches do not cover its images')
    }
    if (embeddingProjection || embeddingScale !== undefined) throw this.#bad('its patches are no rows of a table')
    if (this.#layout.bidirectional !== true) throw this.#bad('patches do not see those after them')
  }

  #positions(): void {
    const { positions, contextLength, width, image } = this.#layout
    if (
      image &&
      (positions.kind !== 'learned' || positions.offset !== undefined || positions.paddingId !== undefined)
    ) {
      throw this.#bad('patches have no learned positions')
    }
    if (positions.kind === 'learned') {
      requireTensor(this.#tensors, positions.table, image ? [1, positions.rows, width] : [positions.rows, width])
      if (image && positions.rows !== contextLength) throw this.#bad('a table of positions does not fit its patches')
      if (
        positions.paddingId !== undefined &&
        (this.#layout.bidirectional !== true || positions.offset !== undefined)
      ) {
        throw this.#bad(
          'positions count what is no padding in a model that reads in both directions, without an offset',
        )
      }
      const firstRow = positions.paddingId === undefined ? (positions.offset ?? 0) : positions.paddingId + 1
      if (positions.rows < contextLength + firstRow) {
        throw this.#bad('its context is longer than its table of positions')
      }
    } else if (positions.kind === 'rotary' && positions.inverseFrequencies.length * 2 !== positions.rotaryWidth) {
      throw this.#bad('its rotary frequencies do not fit the width that they turn')
    }
  }

  #block(block: BlockLayout): void {
    this.#sublayer(block.attention, block.attentionNorm, block.attentionOutputNorm)
    this.#norm(block.attentionResidualNorm)
    this.#sublayer(block.mlp, block.mlpNorm, block.mlpOutputNorm)
    this.#norm(block.mlpResidualNorm)
    if (block.parallel && block.attentionResidualNorm) {
      throw this.#bad('a norm of the residual stream stands between two parallel sublayers')
    }
  }

  #sublayer(
    sublayer: AttentionLayout | MlpLayout | RemovedSublayer,
    norm: Norm | null,
    outputNorm: Norm | undefined,
  ): void {
    if (sublayer.kind === 'removed') {
      if (sublayer.bias !== null) requireTensor(this.#tensors, sublayer.bias, [this.#layout.width])
      if (sublayer.bias !== null) this.#norm(outputNorm)
      else if (outputNorm?.bias) requireTensor(this.#tensors, outputNorm.bias, [this.#layout.width])
      return
    }
    this.#norm(norm)
    if (sublayer.kind === 'attention') this.#attention(sublayer)
    else this.#mlp(sublayer)
    this.#norm(outputNorm)
  }

  #attention(a: AttentionLayout): void {
    const { width, positions } = this.#layout
    const query = a.headCount * a.headWidth
    const keyValue = a.keyValueHeadCount * a.headWidth
    if (a.projections.kind === 'fused') {
      this.#linear(a.projections.linear, width)
      if (a.projections.linear.outputs !== query + 2 * keyValue) {
        throw this.#bad('a fused projection has the wrong width')
      }
      if (a.projections.order === 'heads' && a.keyValueHeadCount !== a.headCount) {
        throw this.#bad('a projection by heads has other key-value heads than heads')
      }
      if (a.projections.order === 'heads' && [a.queryNorm, a.keyNorm].some((norm) => norm?.over === 'all-heads')) {
        throw this.#bad('a projection by heads has a norm over all of them')
      }
    } else {
      for (const projection of [a.projections.query, a.projections.key, a.projections.value]) {
        this.#linear(projection, width)
      }
      if (a.projections.query.outputs !== query) throw this.#bad('a query projection has the wrong width')
      for (const projection of [a.projections.key, a.projections.value]) {
        if (projection.outputs !== keyValue) throw this.#bad('a key or value projection has the wrong width')
      }
    }
    if (a.window !== undefined && this.#layout.bidirectional === true) {
      throw this.#bad('a layer that reads in both directions has a window')
    }
    this.#headNorm(a.queryNorm, a.headWidth, query)
    this.#headNorm(a.keyNorm, a.headWidth, keyValue)
    if (positions.kind === 'rotary' && positions.rotaryWidth > a.headWidth) {
      throw this.#bad('its rotary frequencies turn more than a head')
    }
    if (a.keyValueOfHead.length !== a.headCount || a.keyValueOfHead.some((head) => head >= a.keyValueHeadCount)) {
      throw this.#bad('heads read key-value heads that do not exist')
    }
    if (a.keptColumns?.some((column) => column >= query)) throw this.#bad('a kept column does not exist')
    this.#linear(a.output, a.keptColumns?.length ?? query)
    if (a.output.outputs !== width) throw this.#bad('an output projection has the wrong width')
  }

  #mlp(m: MlpLayout): void {
    const { width } = this.#layout
    if (m.gate) this.#linear(m.gate, width)
    this.#linear(m.up, width)
    if (m.gate && m.gate.outputs !== m.up.outputs) throw this.#bad('gate and up projection differ in width')
    this.#linear(m.down, m.up.outputs)
    if (m.down.outputs !== width) throw this.#bad('an output projection has the wrong width')
  }

  #head(): void {
    const { width, finalNorm, outputProjection, headTransform, head, vocabularySize } = this.#layout
    this.#norm(finalNorm)
    if (outputProjection) this.#linear(outputProjection, width)
    let inputs = outputProjection?.outputs ?? width
    if (headTransform) {
      this.#linear(headTransform.linear, inputs)
      inputs = headTransform.linear.outputs
      this.#norm(headTransform.norm, inputs)
    }
    this.#linear(head, inputs)
    if (head.outputs !== vocabularySize) throw this.#bad('the head has the wrong width')
  }

  #linear({ weight, bias, order, inputs, outputs }: Linear, expectedInputs: number | null): void {
    if (expectedInputs !== null && inputs !== expectedInputs) throw this.#bad(`${weight} reads ${inputs} values`)
    requireTensor(this.#tensors, weight, order === 'in-out' ? [inputs, outputs] : [outputs, inputs])
    if (bias !== null) requireTensor(this.#tensors, bias, [outputs])
  }

  #norm(norm: Norm | null | undefined, width = this.#layout.width): void {
    if (!norm) return
    if (norm.kind !== 'layer' && norm.bias !== null) throw this.#bad(`${norm.bias} is the bias of a norm without one`)
    for (const name of [norm.weight, norm.bias]) if (name !== null) requireTensor(this.#tensors, name, [width])
  }

  #headNorm(headNorm: HeadNorm | undefined, headWidth: number, allHeads: number): void {
    this.#norm(headNorm?.norm, headNorm?.over === 'head' ? headWidth : allHeads)
  }
}
