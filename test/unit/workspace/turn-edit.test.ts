import { expect, test } from 'vitest'
import type { Change } from '../../../src/main/services/workspace/document-store.ts'
import { turnEdit } from '../../../src/main/services/workspace/turn-edit.ts'
import { workspaceBench } from './opened.ts'

const { folder, open } = workspaceBench()

const pin = (key: string): Change => ({ kind: 'pin', key, after: { pin: 'never' } })
const skip = (key: string): Change => ({ kind: 'review-skip', key, after: { at: 1 } })
const cut: Change = { kind: 'cut', key: 'mlp:0:1', after: { ranking: 'r', k: 1 } }

test('undo and redo name the neuron of the edit, where it was about one and nothing else', async () => {
  const workspace = await open(folder())
  const edits: [string, Change[], string | null][] = [
    ['one', [pin('mlp:0:1'), skip('mlp:0:1')], 'mlp:0:1'],
    ['two', [pin('mlp:0:2'), skip('attention:1:5')], null],
    ['more', [skip('mlp:0:2'), cut], null],
  ]
  for (const [label, changes] of edits) await workspace.store.edit(label, changes)
  const told = edits.map(([did, , neuron]) => ({ did, neuron }))
  for (const one of told.toReversed()) expect(await turnEdit(workspace, 'undo')).toEqual(one)
  expect(await turnEdit(workspace, 'undo')).toEqual({ did: null, neuron: null })
  for (const one of told) expect(await turnEdit(workspace, 'redo')).toEqual(one)
  expect(workspace.store.get('pin', 'mlp:0:1')).toEqual({ pin: 'never' })
})
