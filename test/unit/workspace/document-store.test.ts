import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Topic } from '../../../src/contract/workbench/events.ts'
import { SnipError } from '../../../src/contract/failure.ts'
import { DuckDbDocumentStore } from '../../../src/main/services/workspace/duckdb-document-store.ts'
import type { Change } from '../../../src/main/services/workspace/document-store.ts'
import { WorkspaceDatabase } from '../../../src/main/services/workspace/workspace-database.ts'
import { rejection, workspaceBench } from './opened.ts'

const { folder, open, close } = workspaceBench()

const prompt = (key: string, text: string | null): Change => ({
  kind: 'prompt',
  key,
  after: text === null ? null : { text },
})

const textsOf = (prompts: ReadonlyMap<string, { readonly text: string }>) =>
  [...prompts.values()].map(({ text }) => text)

describe('documents', () => {
  test('are there after the workspace was closed and opened again, in order of creation', async () => {
    const path = folder()
    const first = await open(path)
    await first.store.put([prompt('b', 'second letter, first made'), prompt('a', 'ünïcode 👩‍👩‍👧 "quotes" \\ and\nlines')])
    await first.store.put([prompt('b', 'changed, still first')])
    await close(first)
    const { store } = await open(path)
    expect([...store.all('prompt')]).toEqual([
      ['b', { text: 'changed, still first' }],
      ['a', { text: 'ünïcode 👩‍👩‍👧 "quotes" \\ and\nlines' }],
    ])
  })

  test('what a function asks for is decided when the writes before it are done', async () => {
    const { store } = await open(folder())
    const first = store.edit('Wrote', [prompt('a', 'chosen')])
    await store.put(() => [prompt('b', store.get('prompt', 'a')?.text ?? 'nothing')])
    await first
    expect(textsOf(store.all('prompt'))).toEqual(['chosen', 'chosen'])
  })

  test('a write tells the topics of its kinds and the workspace', async () => {
    const told: Topic[][] = []
    const { store } = await open(folder(), [], told)
    await store.edit('Pinned', [
      { kind: 'pin', key: 'mlp:0:1', after: { pin: 'always' } },
      { kind: 'prompt', key: 'p', after: { text: 'x' } },
    ])
    expect(told).toEqual([['workspace', 'pins', 'prompts']])
  })

  test('of 100,000 neurons go in and out in one edit', async () => {
    const { store } = await open(folder())
    const changes = Array.from({ length: 100_000 }, (_, index): Change => {
      return { kind: 'review', key: `mlp:0:${index}`, after: { status: 'accepted' } }
    })
    await store.edit('Accepted 100,000 concepts', changes)
    expect(store.all('review').size).toBe(100_000)
    expect(await store.undo()).toBe('Accepted 100,000 concepts')
    expect(store.all('review').size).toBe(0)
  })

  test('a document that does not fit its kind is not kept', async () => {
    const { store } = await open(folder())
    const failure = await rejection(store.edit('Pinned', [{ kind: 'pin', key: 'no neuron', after: { pin: 'always' } }]))
    expect(failure.kind).toBe('internal')
    expect(store.all('pin').size).toBe(0)
    expect(store.undoLabel).toBeNull()
  })

  test('writes that are asked for at once are done in order', async () => {
    const { store } = await open(folder())
    await Promise.all(Array.from({ length: 20 }, (_, at) => store.edit(`Edit ${at}`, [prompt('p', `text ${at}`)])))
    expect(store.get('prompt', 'p')).toEqual({ text: 'text 19' })
    expect(store.historyOf('prompt', 'p').map(({ label }) => label)).toEqual(
      Array.from({ length: 20 }, (_, at) => `Edit ${at}`),
    )
  })

  test('a damaged one is named when the workspace is opened, and the lock is let go', async () => {
    const path = folder()
    const workspace = await open(path)
    await workspace.store.put([prompt('good', 'x')])
    await close(workspace)
    const { database } = await WorkspaceDatabase.open(path, [])
    await database.query(`INSERT INTO documents VALUES ('ranking', 'forget-code', '{"name": 7}', 9)`)
    database.close()
    for (let attempt = 0; attempt < 2; attempt++) {
      const failure = await rejection(open(path))
      expect(failure.kind).toBe('bad-file')
      expect(failure.message).toContain('The ranking "forget-code" in workspace.duckdb is damaged: name')
      expect(failure.remedy).toContain('Restore the workspace')
    }
  })

  test('nothing is written into a folder that is gone', async () => {
    const path = folder()
    const { store } = await open(path)
    rmSync(path, { recursive: true })
    const failure = await rejection(store.put([prompt('p', 'x')]))
    expect(failure.kind).toBe('not-found')
    expect(failure.message).toContain('is gone')
    expect(store.get('prompt', 'p')).toBeNull()
    expect(existsSync(path)).toBe(false)
  })

  test('a write that finds the disk full leaves everything as it was, and the next one goes on', async () => {
    const path = folder()
    const { database } = await WorkspaceDatabase.open(path, [])
    let full = false
    const reluctant = Object.create(database) as WorkspaceDatabase
    reluctant.query = (sql, values) => database.query(sql, values)
    reluctant.transaction = (work) =>
      database.transaction(async (query, append) => {
        await work(query, append)
        if (full) throw new SnipError('disk-full', 'The disk is full')
      })
    const store = await DuckDbDocumentStore.load({ database: reluctant, checkFolder: () => {}, changed: () => {} })
    try {
      await store.edit('Wrote one', [prompt('p', 'one')])
      full = true
      expect((await rejection(store.edit('Wrote two', [prompt('p', 'two')]))).kind).toBe('disk-full')
      expect((await rejection(store.undo())).kind).toBe('disk-full')
      expect(store.get('prompt', 'p')).toEqual({ text: 'one' })
      expect([store.undoLabel, store.redoLabel]).toEqual(['Wrote one', null])
      full = false
      await store.edit('Wrote three', [prompt('p', 'three')])
      expect(store.historyOf('prompt', 'p').map(({ label }) => label)).toEqual(['Wrote one', 'Wrote three'])
    } finally {
      await store.settle()
      database.close()
    }
    expect((await open(path)).store.get('prompt', 'p')).toEqual({ text: 'three' })
  })

  test('the connection reaches no file but its own', async () => {
    const path = folder()
    const { database } = await WorkspaceDatabase.open(path, [])
    try {
      for (const sql of [
        `COPY documents TO '${join(path, 'stolen.csv')}'`,
        `SELECT * FROM read_text('/etc/hostname')`,
        `ATTACH '${join(path, 'other.duckdb')}'`,
        `SET enable_external_access = true`,
      ]) {
        expect((await rejection(database.query(sql))).message).toContain('refused')
      }
    } finally {
      database.close()
    }
  })
})

describe('undo and redo', () => {
  test('take edits back and do them again, also after the workspace was opened anew', async () => {
    const path = folder()
    const first = await open(path)
    await first.store.edit('Wrote one', [prompt('p', 'one')])
    await first.store.edit('Wrote two', [prompt('p', 'two'), prompt('q', 'other')])
    expect(await first.store.undo()).toBe('Wrote two')
    await close(first)
    const { store } = await open(path)
    expect(store.get('prompt', 'p')).toEqual({ text: 'one' })
    expect([store.undoLabel, store.redoLabel]).toEqual(['Wrote one', 'Wrote two'])
    expect(await store.redo()).toBe('Wrote two')
    expect(textsOf(store.all('prompt'))).toEqual(['two', 'other'])
    expect(await store.redo()).toBeNull()
    expect(await store.undo()).toBe('Wrote two')
    expect(await store.undo()).toBe('Wrote one')
    expect(await store.undo()).toBeNull()
    expect(store.all('prompt').size).toBe(0)
  })

  test('a new edit leaves behind what was undone: it is in the history and is not redone', async () => {
    const path = folder()
    const first = await open(path)
    await first.store.edit('Wrote one', [prompt('p', 'one')])
    await first.store.edit('Wrote two', [prompt('p', 'two')])
    await first.store.undo()
    await first.store.edit('Wrote three', [prompt('p', 'three')])
    const check = async (store: typeof first.store) => {
      expect(store.redoLabel).toBeNull()
      expect(await store.redo()).toBeNull()
      expect(store.historyOf('prompt', 'p').map(({ label, undone }) => [label, undone])).toEqual([
        ['Wrote one', false],
        ['Wrote two', true],
        ['Wrote three', false],
      ])
    }
    await check(first.store)
    await close(first)
    const { store } = await open(path)
    await check(store)
    await store.undo()
    expect(store.get('prompt', 'p')).toEqual({ text: 'one' })
    expect(store.redoLabel).toBe('Wrote three')
  })

  test('what jobs put is no step of undo', async () => {
    const { store } = await open(folder())
    await store.edit('Wrote one', [prompt('p', 'one')])
    await store.put([prompt('made', 'by a job')])
    expect(await store.undo()).toBe('Wrote one')
    expect(textsOf(store.all('prompt'))).toEqual(['by a job'])
  })

  test('undoing an edit keeps what a job wrote into other fields since', async () => {
    const { store } = await open(folder())
    const concept = { text: 'verbs', weight: 1, enabled: true, source: 'lexical' }
    await store.put([{ kind: 'forget-concept', key: 'c', after: concept }])
    await store.edit('Switched off', [{ kind: 'forget-concept', key: 'c', after: { ...concept, enabled: false } }])
    await store.put([{ kind: 'forget-concept', key: 'c', after: { ...concept, enabled: false, weight: 3 } }])
    await store.undo()
    expect(store.get('forget-concept', 'c')).toEqual({ ...concept, weight: 3 })
    await store.redo()
    expect(store.get('forget-concept', 'c')).toEqual({ ...concept, enabled: false, weight: 3 })
  })

  test('a removed document comes back in its old place', async () => {
    const { store } = await open(folder())
    await store.put([prompt('a', '1'), prompt('b', '2'), prompt('c', '3')])
    await store.edit('Removed two', [prompt('a', null), prompt('b', null)])
    expect(textsOf(store.all('prompt'))).toEqual(['3'])
    await store.undo()
    expect(textsOf(store.all('prompt'))).toEqual(['1', '2', '3'])
  })
})

describe('the schema', () => {
  const louder = {
    title: 'Prompts are written in capitals',
    run: async (query: (sql: string) => Promise<unknown>) => {
      await query(`UPDATE documents SET value = json_object('text', upper(value->>'text')) WHERE kind = 'prompt'`)
    },
  }

  test('of an older workspace is brought up to date, with the old database beside it', async () => {
    const path = folder()
    const old = await open(path)
    await old.store.put([prompt('p', 'quiet')])
    await close(old)
    const workspace = await open(path, [louder])
    expect(workspace.store.get('prompt', 'p')).toEqual({ text: 'QUIET' })
    expect(workspace.schemaVersion).toBe(2)
    expect(workspace.notice).toContain('workspace.duckdb.schema-1.backup')
    await close(workspace)
    rmSync(join(path, 'workspace.duckdb'))
    const { renameSync, writeFileSync } = await import('node:fs')
    renameSync(join(path, 'workspace.duckdb.schema-1.backup'), join(path, 'workspace.duckdb'))
    writeFileSync(join(path, 'workspace.json'), JSON.stringify({ version: 1, name: 'Back' }))
    const back = await open(path)
    expect(back.store.get('prompt', 'p')).toEqual({ text: 'quiet' })
  })

  test('of a newer workspace is refused, naming it', async () => {
    const path = folder()
    await close(await open(path, [louder]))
    const failure = await rejection(open(path))
    expect(failure.kind).toBe('bad-file')
    expect(failure.message).toBe(
      'The workspace "Forget verbs" was made by a newer SNIP Workbench (schema 2, this one knows 1)',
    )
  })

  test('a migration that fails changes nothing', async () => {
    const path = folder()
    const old = await open(path)
    await old.store.put([prompt('p', 'quiet')])
    await close(old)
    const broken = {
      title: 'Breaks',
      run: async (query: (sql: string) => Promise<unknown>) => {
        await louder.run(query)
        await query('SELECT * FROM nothing_there')
      },
    }
    expect((await rejection(open(path, [broken]))).kind).toBe('internal')
    expect((await open(path)).store.get('prompt', 'p')).toEqual({ text: 'quiet' })
  })
})
