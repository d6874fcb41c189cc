import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { elementType } from './graph.ts'
import type { GraphBody, ModelGraph, ModelNode, ModelTensor } from './model-graph.ts'
import { rewriteNode } from './node-rewrite.ts'
import { tensorHeader } from './serialise.ts'
import type { FileEdit, ReadBytes } from './surgery-edits.ts'

/** A constant that names the number of neurons and gets another value for one of the nodes that read it. */
export interface ResizedShape {
  readonly graph: number
  readonly node: ModelNode
  readonly input: number
  /** The whole numbers that the node reads then. */
  readonly values: readonly number[]
  readonly dims: readonly number[]
}

const passing = new Set(['Unsqueeze', 'Squeeze', 'Cast', 'Identity'])

/**
 * What changes for a Reshape whose last size is the number of neurons: its shape when that is a constant, else the constant that becomes the last
 * part of the Concat that makes the shape for it alone. Empty where the number is computed from a value's own shape; null where it comes
 * from elsewhere.
 */
export function resizeReshape(body: GraphBody, node: ModelNode, width: number, kept: number): ResizedShape[] | null {
  const shape = node.inputs[1] ?? ''
  const own = constantOf(body, shape)
  if (own) return resizeConstant(own, body, node, 1, width, kept)
  const concat = producerOf(body, shape)
  if (concat?.op !== 'Concat' || !isReadOnce(body, shape)) return null
  let reader = concat
  let input = concat.inputs.length - 1
  for (let steps = 0; steps < 8; steps++) {
    const name = reader.inputs[input] ?? ''
    const part = constantOf(body, name)
    if (part) return part.values?.length === 1 ? resizeConstant(part, body, reader, input, width, kept) : null
    const made = producerOf(body, name)
    if (!made) return null
    if (made.op === 'Slice' || made.op === 'Gather')
      return producerOf(body, made.inputs[0] ?? '')?.op === 'Shape' ? [] : null
    if (!passing.has(made.op)) return null
    if (producerOf(body, made.inputs[0] ?? '')?.op !== 'Slice' && !isReadOnce(body, name)) return null
    reader = made
    input = 0
  }
  return null
}

function resizeConstant(
  { values, dims }: ModelTensor,
  { id }: GraphBody,
  node: ModelNode,
  input: number,
  width: number,
  kept: number,
): ResizedShape[] | null {
  const last = values?.at(-1)
  if (last === -1) return []
  return values && last === width ? [{ graph: id, node, input, values: [...values.slice(0, -1), kept], dims }] : null
}

function producerOf({ nodes }: GraphBody, value: string): ModelNode | undefined {
  return nodes.find(({ outputs }) => outputs.includes(value))
}

function isReadOnce({ nodes }: GraphBody, value: string): boolean {
  return nodes.filter(({ inputs }) => inputs.includes(value)).length === 1
}

/** Gives each of the nodes a constant of its own; the old ones stay for whoever reads them. */
export function resizeEdits(model: ModelGraph, resized: readonly ResizedShape[], read: ReadBytes): FileEdit[] {
  const edits: FileEdit[] = []
  const inputs = new Map<ModelNode, Map<number, string>>()
  const added = new Map<number, BinaryWriter>()
  for (const { graph, node, input, values, dims } of resized) {
    const name = `snip/${graph}/${node.index}/${input}`
    inputs.set(node, (inputs.get(node) ?? new Map<number, string>()).set(input, name))
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
    const tensor = tensorHeader(name, elementType.int64, dims)
    const writer = added.get(graph) ?? new BinaryWriter()
    writer.tag(5, WireType.LengthDelimited).bytes(tensor.tag(9, WireType.LengthDelimited).bytes(bytes).finish())
    added.set(graph, writer)
  }
  for (const [{ range, content }, changed] of inputs) {
    const rewritten = rewriteNode(read(content.from, content.to - content.from), {
      rename: (name) => name,
      inputs: changed,
    })
    const bytes = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(rewritten).finish()
    edits.push({ from: range.from, to: range.to, parts: [{ kind: 'bytes', bytes }] })
  }
  for (const [graph, writer] of added) {
    const end = model.graphs[graph]!.content.to
    edits.push({ from: end, to: end, parts: [{ kind: 'bytes', bytes: writer.finish() }] })
  }
  return edits
}

function constantOf(body: GraphBody, name: string): ModelTensor | null {
  const node = body.nodes.find(({ op, outputs }) => op === 'Constant' && outputs[0] === name)
  const value = node?.attributes.get('value')
  return body.initializers.get(name) ?? (value?.kind === 'tensor' ? value.value : null)
}
