import { SnipError } from '../../contract/failure.ts'
import type { ModelNode } from './model-graph.ts'
import { shownName } from './shown-name.ts'

/**
 * Positions of nodes so that each comes after what it reads; nodes of a sorted file keep their places. `readsOf` gives the
 * names a node reads, its bodies included.
 *
 * @throws SnipError `bad-model` for a node that depends on its own result.
 */
export function topologicalOrder(
  nodes: readonly ModelNode[],
  readsOf: (node: ModelNode) => readonly string[],
  file: string,
): number[] {
  const producer = new Map<string, number>()
  for (const node of nodes) for (const output of node.outputs) if (output !== '') producer.set(output, node.index)
  const unvisited = 0
  const open = 1
  const done = 2
  const states = new Uint8Array(nodes.length)
  const order: number[] = []
  for (const root of nodes) {
    if (states[root.index] !== unvisited) continue
    const path = [{ node: root, reads: readsOf(root), next: 0 }]
    states[root.index] = open
    while (path.length > 0) {
      const top = path[path.length - 1]!
      const read = top.reads[top.next++]
      if (read === undefined) {
        states[top.node.index] = done
        order.push(top.node.index)
        path.pop()
        continue
      }
      const from = producer.get(read)
      if (from === undefined || states[from] === done) continue
      const node = nodes[from]!
      if (states[from] === open) {
        throw new SnipError('bad-model', `${file}: node ${nodeLabel(node)} depends on its own result`, {
          remedy: 'The graph has a cycle, which no runtime can run: export the model again.',
        })
      }
      states[from] = open
      path.push({ node, reads: readsOf(node), next: 0 })
    }
  }
  return order
}

/** A node as messages name it: by its name, or by its first output when it has none, and its operator. */
export function nodeLabel(node: Pick<ModelNode, 'name' | 'op' | 'outputs'>): string {
  const name = node.name !== '' ? node.name : (node.outputs.find((output) => output !== '') ?? '')
  return `${shownName(name)} (${shownName(node.op).slice(1, -1)})`
}
