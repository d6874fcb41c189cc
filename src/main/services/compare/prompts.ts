import { SnipError } from '../../../contract/failure.ts'
import type { Prompt } from '../../../contract/workbench/runs.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Change } from '../workspace/document-store.ts'

export function listPrompts({ store }: OpenWorkspace): Prompt[] {
  return [...store.all('prompt')].map(([id, { text }]) => ({ id, text }))
}

/** Adds prompts as one edit, however many they are. */
export async function addPrompts({ store }: OpenWorkspace, texts: readonly string[]): Promise<void> {
  const label = texts.length === 1 ? 'Added a prompt' : `Added ${texts.length.toLocaleString('en-US')} prompts`
  await store.edit(
    label,
    texts.map((text): Change => ({ kind: 'prompt', key: store.newId(), after: { text } })),
  )
}

export async function changePrompt({ store }: OpenWorkspace, id: string, text: string): Promise<void> {
  requirePrompts(store, [id])
  await store.edit('Changed a prompt', [{ kind: 'prompt', key: id, after: { text } }])
}

export async function removePrompts({ store }: OpenWorkspace, ids: readonly string[]): Promise<void> {
  const distinct = [...new Set(ids)]
  requirePrompts(store, distinct)
  const label =
    distinct.length === 1 ? 'Removed a prompt' : `Removed ${distinct.length.toLocaleString('en-US')} prompts`
  await store.edit(
    label,
    distinct.map((key): Change => ({ kind: 'prompt', key, after: null })),
  )
}

function requirePrompts(store: OpenWorkspace['store'], ids: readonly string[]): void {
  if (ids.every((id) => store.get('prompt', id) !== null)) return
  throw new SnipError('not-found', 'There is no such prompt any more', {
    remedy: 'It was removed: undo brings it back.',
  })
}
