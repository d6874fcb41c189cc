import type { BlockLayout, ModelLayout, Norm } from '../architectures/layout.ts'
import { attentionNodes } from './attention-nodes.ts'
import { embeddingNodes } from './embedding-nodes.ts'
import { GraphBuilder, type Graph } from './graph.ts'
import type { GraphParts } from './graph-parts.ts'
import type { GraphPurpose } from './graph-purpose.ts'
import { headNodes } from './head-nodes.ts'
import { imageNodes, tokenNodes } from './input-nodes.ts'
import { mlpNodes } from './mlp-nodes.ts'
import { normalise, remainder } from './norm-nodes.ts'
import type { WeightType } from './tensor-index.ts'
import { WeightNodes } from './weight-nodes.ts'

export type { GraphPurpose } from './graph-purpose.ts'

/**
 * The forward pass of a transformer in plain ONNX operators, opset 17. The residual stream is [batch x sequence, width]
 * throughout; only attention splits it. Inputs as input-nodes.ts says; outputs by purpose. Throws `unsupported-model` for a
 * purpose that the model cannot serve.
 */
export function buildDecoderGraph(
  layout: ModelLayout,
  typeOf: (tensor: string) => WeightType,
  purpose: GraphPurpose,
): Graph {
  const b = new GraphBuilder()
  const inputs = layout.image ? imageNodes(b, layout, layout.image, purpose) : tokenNodes(b, layout, purpose)
  const weights = new WeightNodes(b, typeOf)
  const parts: GraphParts = { b, layout, purpose, weights, ...inputs }
  let x = embeddingNodes(parts)
  for (const [layer, block] of layout.blocks.entries()) x = blockNodes(parts, x, block, layer)
  if (purpose.output !== 'none') b.within('head', () => headNodes(parts, x))
  return purpose.attention === 'padded' ? withLogitsFirst(b.build()) : b.build()
}

/** Loaders that go by the order of outputs take the first for the logits. */
function withLogitsFirst(graph: Graph): Graph {
  const isLogits = ({ name }: { readonly name: string }) => name === 'logits'
  return { ...graph, outputs: [...graph.outputs.filter(isLogits), ...graph.outputs.filter((one) => !isLogits(one))] }
}

/** The residual stream after one layer. */
function blockNodes(parts: GraphParts, x: string, block: BlockLayout, layer: number): string {
  const { b, layout } = parts
  const { attention, mlp } = block
  const normed = (value: string, norm: Norm | null | undefined) =>
    norm ? normalise(parts, value, norm, layout.width) : value
  const joined = (stream: string, output: string | null, residualNorm: Norm | undefined) =>
    normed(output === null ? stream : b.node('Add', [stream, output]), residualNorm)

  let read: string | null = null
  const between = b.within(`${layer}/attn`, () => {
    if (attention.kind === 'removed') {
      return joined(x, remainder(parts, attention, block.attentionOutputNorm), block.attentionResidualNorm)
    }
    read = normed(x, block.attentionNorm)
    const output = normed(attentionNodes(parts, read, attention, layer), block.attentionOutputNorm)
    return joined(x, output, block.attentionResidualNorm)
  })
  return b.within(`${layer}/mlp`, () => {
    if (mlp.kind === 'removed') {
      return joined(between, remainder(parts, mlp, block.mlpOutputNorm), block.mlpResidualNorm)
    }
    // Parallel sublayers read the same stream, many through the same norm.
    const isShared = block.parallel === true && read !== null && sameNorm(block.attentionNorm, block.mlpNorm)
    const source = block.parallel === true ? x : between
    const output = mlpNodes(parts, isShared ? read! : normed(source, block.mlpNorm), mlp, layer)
    return joined(between, normed(output, block.mlpOutputNorm), block.mlpResidualNorm)
  })
}

function sameNorm(a: Norm | null, b: Norm | null): boolean {
  return a?.kind === b?.kind && a?.weight === b?.weight && a?.bias === b?.bias && a?.epsilon === b?.epsilon
}
