import { use } from 'react'
import { CommandsContext, useCommand } from '../../app/commands.ts'
import type { NeuronEdits } from './use-neuron-edits.ts'

export interface NeuronKeys {
  /** Whether there is a neuron to act on: the marked ones, otherwise the one that the keyboard is on. */
  readonly has: boolean
  readonly neurons: () => string[]
  readonly edits: NeuronEdits
  readonly onNext: () => void
  readonly onPrevious: () => void
  readonly onSearch: () => void
  readonly onJump: () => void
  readonly onEdit: () => void
}

const group = 'Neurons'

/** Single keys of the view, as commands: the palette and the shortcut sheet know them too. */
export function useNeuronKeys({ has, neurons, edits, ...on }: NeuronKeys): void {
  const registry = use(CommandsContext)
  useCommand({ id: 'neurons.next', title: 'Next neuron', shortcut: 'j', group, run: on.onNext })
  useCommand({ id: 'neurons.previous', title: 'Previous neuron', shortcut: 'k', group, run: on.onPrevious })
  useCommand({ id: 'neurons.search', title: 'Search concepts', shortcut: 'mod+f', group, run: on.onSearch })
  useCommand({ id: 'neurons.jump', title: 'Jump to a neuron', shortcut: 'g', group, run: on.onJump })
  useCommand({ id: 'neurons.edit', title: 'Edit the concept', shortcut: 'e', group, enabled: has, run: on.onEdit })
  useCommand({
    id: 'neurons.accept',
    title: 'Accept the concept',
    shortcut: 'a',
    group,
    enabled: has,
    run: () => edits.review(neurons(), 'accepted'),
  })
  useCommand({
    id: 'neurons.reject',
    title: 'Reject the concept',
    shortcut: 'r',
    group,
    enabled: has,
    run: () => edits.review(neurons(), 'rejected'),
  })
  useCommand({
    id: 'neurons.always',
    title: 'Always prune',
    shortcut: 'p',
    group,
    enabled: has,
    run: () => edits.pin(neurons(), 'always'),
  })
  useCommand({
    id: 'neurons.never',
    title: 'Never prune',
    shortcut: 'n',
    group,
    enabled: has,
    run: () => edits.pin(neurons(), 'never'),
  })
  useCommand({
    id: 'neurons.unpin',
    title: 'Clear the pin',
    shortcut: 'c',
    group,
    enabled: has,
    run: () => edits.pin(neurons(), null),
  })
  useCommand({
    id: 'neurons.undo',
    title: 'Undo the last edit',
    shortcut: 'u',
    group,
    run: () => registry.run('edit.undo'),
  })
}
