import type { AttentionLayout, BlockLayout, Linear, MlpLayout, ModelLayout, Norm, RemovedSublayer } from './layout.ts'

/** Names of all weight tensors that a layout reads, each once, in the order of use. */
export function weightNames(layout: ModelLayout): string[] {
  const names = new Names()
  names.add(layout.embedding)
  if (layout.image) {
    names.add(layout.image.bias)
    names.add(layout.image.classToken)
  }
  names.linear(layout.embeddingProjection)
  if (layout.positions.kind === 'learned') names.add(layout.positions.table)
  if (layout.tokenTypes) names.add(layout.tokenTypes.table)
  names.norm(layout.embeddingNorm)
  for (const block of layout.blocks) names.block(block)
  names.norm(layout.finalNorm)
  names.linear(layout.outputProjection)
  if (layout.headTransform) {
    names.linear(layout.headTransform.linear)
    names.norm(layout.headTransform.norm)
  }
  names.linear(layout.head)
  return [...names.found]
}

class Names {
  readonly found = new Set<string>()

  add(name: string | null): void {
    if (name !== null) this.found.add(name)
  }

  linear(linear: Linear | null | undefined): void {
    if (!linear) return
    this.add(linear.weight)
    this.add(linear.bias)
  }

  norm(norm: Norm | null | undefined): void {
    if (!norm) return
    this.add(norm.weight)
    this.add(norm.bias)
  }

  block(block: BlockLayout): void {
    this.#sublayer(block.attention, block.attentionNorm, block.attentionOutputNorm)
    this.norm(block.attentionResidualNorm)
    this.#sublayer(block.mlp, block.mlpNorm, block.mlpOutputNorm)
    this.norm(block.mlpResidualNorm)
  }

  #sublayer(
    sublayer: AttentionLayout | MlpLayout | RemovedSublayer,
    norm: Norm | null,
    outputNorm: Norm | undefined,
  ): void {
    if (sublayer.kind === 'removed') {
      this.add(sublayer.bias)
      // What a norm makes of nothing is its own bias.
      if (sublayer.bias !== null) this.norm(outputNorm)
      else this.add(outputNorm?.bias ?? null)
      return
    }
    this.norm(norm)
    if (sublayer.kind === 'attention') this.#attention(sublayer)
    else {
      this.linear(sublayer.gate)
      this.linear(sublayer.up)
      this.linear(sublayer.down)
    }
    this.norm(outputNorm)
  }

  #attention({ projections, output, queryNorm, keyNorm }: AttentionLayout): void {
    if (projections.kind === 'fused') this.linear(projections.linear)
    else for (const linear of [projections.query, projections.key, projections.value]) this.linear(linear)
    this.norm(queryNorm?.norm)
    this.norm(keyNorm?.norm)
    this.linear(output)
  }
}
