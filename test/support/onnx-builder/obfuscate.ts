import type { FileAttribute, FileGraph } from './onnx-file.ts'

/** The same graph under names that say nothing: values and tensors are numbered, nodes have no name. */
export function obfuscate(graph: FileGraph): { graph: FileGraph; rename: (name: string) => string } {
  const names = new Map<string, string>()
  const rename = (name: string): string => {
    if (name === '') return ''
    let known = names.get(name)
    if (known === undefined) names.set(name, (known = `t${(names.size * 7919) % 99991}`))
    return known
  }
  return { graph: renamed(graph, rename), rename }
}

function renamed(graph: FileGraph, rename: (name: string) => string): FileGraph {
  const attribute = (value: FileAttribute): FileAttribute =>
    typeof value === 'object' && 'graph' in value ? { graph: renamed(value.graph, rename) } : value
  return {
    name: 'g',
    nodes: graph.nodes.map((node) => ({
      ...node,
      name: '',
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
      attributes: Object.fromEntries(Object.entries(node.attributes).map(([key, value]) => [key, attribute(value)])),
    })),
    tensors: graph.tensors.map((tensor) => ({ ...tensor, name: rename(tensor.name) })),
    inputs: graph.inputs.map((value) => ({ ...value, name: rename(value.name) })),
    outputs: graph.outputs.map((value) => ({ ...value, name: rename(value.name) })),
  }
}
