import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { implement } from '@orpc/server'
import { SnipError, type Failure } from '../../src/contract/failure.ts'
import type { Settings } from '../../src/contract/workbench/app.ts'
import type { WorkbenchEvent } from '../../src/contract/workbench/events.ts'
import type { Entry, Grant, LookedAt } from '../../src/contract/workbench/files.ts'
import { workbenchContract } from '../../src/contract/workbench/index.ts'
import type { Job } from '../../src/contract/workbench/jobs.ts'
import type { ModelState } from '../../src/contract/workbench/model.ts'
import type { Step, WorkspaceState } from '../../src/contract/workbench/workspace.ts'
import { openBrowserDoor, type BrowserDoor } from '../../src/main/server/browser-door.ts'
import { handleFor } from '../../src/main/services/router/failures.ts'

/** What the frame is shown; a test changes it and sends the event that a service would. */
export interface FrameState {
  workspace: WorkspaceState | null
  recent: { id: string; name: string; path: string; openedAt: number; exists: boolean }[]
  model: ModelState | null
  jobs: Job[]
  settings: Settings
  /** Thrown by the next call of `workspace.open`. */
  openFails: Failure | null
  /** Milliseconds that `jobs.cancel` takes to answer. */
  cancelTakes: number
  readonly calls: string[]
}

export interface FrameWorkbench {
  readonly state: FrameState
  readonly door: BrowserDoor
  send(event: WorkbenchEvent): void
  /** How many pages hear what is sent. */
  listeners(): number
  /** Shows again what it showed at first. */
  reset(): void
  close(): Promise<void>
}

const grant = (path: string, kind: 'file' | 'folder'): Grant => ({
  id: path,
  kind,
  name: basename(path) || '/',
  path,
  bytes: kind === 'file' ? 48_213 : null,
})

const look = (path: string, kind: 'file' | 'folder'): LookedAt => ({ ...grant(path, kind), looksLike: 'other' })

const entry = (path: string, kind: 'file' | 'folder', looksLike: Entry['looksLike']): Entry => ({
  ...grant(path, kind),
  modifiedAt: Date.UTC(2026, 10, 20, 9, 30),
  looksLike,
})

export const tree: Readonly<Record<string, Entry[]>> = {
  '/home/ada': [
    entry('/home/ada/gpt2-small', 'folder', 'model'),
    entry('/home/ada/papers', 'folder', 'other'),
    entry('/home/ada/texts', 'folder', 'other'),
    entry('/home/ada/travel work', 'folder', 'workspace'),
    entry('/home/ada/notes.txt', 'file', 'data'),
  ],
  '/home/ada/papers': [],
  '/home/ada/texts': [
    entry('/home/ada/texts/forget.jsonl', 'file', 'data'),
    entry('/home/ada/texts/retain.csv', 'file', 'data'),
    entry('/home/ada/texts/שלום 🙂.txt', 'file', 'data'),
  ],
}

const step = (id: Step['id'], state: Step['state'], reason: string, action: Step['action'] = null): Step => ({
  id,
  state,
  reason,
  action,
})

export function demoWorkspace(): WorkspaceState {
  return {
    name: 'Demo',
    path: '/home/ada/snip-demo',
    schemaVersion: 1,
    steps: [
      step('model', 'done', 'GPT-2 with 2.6 M parameters is open.'),
      step('data', 'done', '4 data sets are imported.'),
      step('neurons', 'running', 'Recording is running.'),
      step('forget', 'ready', 'The forget set is chosen; its concepts can be extracted.'),
      step('prune', 'stale', 'The forget set changed after the ranking.', { label: 'Rank again', command: 'rank' }),
      step('compare', 'empty', 'Nothing is measured yet.', { label: 'Measure 2 % of the neurons', command: 'measure' }),
      step('export', 'empty', 'Nothing is exported yet.'),
    ],
    undo: 'Edited the concept of mlp:3:117',
    redo: null,
    next: 'The ranking is out of date: the forget set changed after it. Rank again to move the slider.',
    cut: null,
  }
}

export function demoModel(): ModelState {
  return {
    card: {
      path: '/home/ada/snip-demo/model',
      source: 'checkpoint',
      family: 'gpt2',
      familyName: 'GPT-2',
      objective: 'causal',
      vocabularySize: 50_257,
      contextLength: 256,
      width: 192,
      layers: 4,
      headCounts: [6, 6, 6, 6],
      keyValueHeadCounts: [6, 6, 6, 6],
      headWidth: 32,
      neurons: { mlp: [768, 768, 768, 768], attention: [192, 192, 192, 192] },
      weightTypes: ['F16'],
      parameters: 2_613_504,
      weightBytes: 5_227_008,
      tiedHead: true,
      positions: 'learned',
      tokenizer: { vocabularySize: 50_257, beginId: null, endId: 0 },
      provider: { used: 'cpu', refused: [] },
    },
    path: '/home/ada/snip-demo/model',
    name: 'model',
    modelHash: null,
    memory: null,
    problem: null,
    loaded: true,
  }
}

export function job(id: string, state: Job['state'], title: string, more: Partial<Job> = {}): Job {
  return {
    id,
    kind: 'record',
    title,
    state,
    startedAt: Date.now() - 65_000,
    endedAt: state === 'running' || state === 'queued' ? null : Date.now() - 5000,
    progress: null,
    secondsLeft: null,
    failure: null,
    warnings: [],
    resumable: false,
    result: null,
    ...more,
  }
}

function firstState(): FrameState {
  return {
    workspace: null,
    recent: [],
    model: demoModel(),
    jobs: [],
    settings: {
      threads: 0,
      provider: null,
      theme: 'light',
      zoomPercent: 100,
      shortcuts: true,
      coachDismissed: false,
      offline: false,
    },
    openFails: null,
    cancelTakes: 0,
    calls: [],
  }
}

/** A workbench with answers made up for the frame, behind a real browser door with the renderer built at `rendererFolder`. */
export async function openFrameWorkbench(rendererFolder: string): Promise<FrameWorkbench> {
  const folder = mkdtempSync(join(tmpdir(), 'snip-frame-'))
  const listeners = new Set<(event: WorkbenchEvent) => void>()
  const state = firstState()
  const send = (event: WorkbenchEvent) => {
    for (const listener of listeners) listener(event)
  }
  const changed = (...topics: ('workspace' | 'settings' | 'jobs')[]) => send({ kind: 'changed', topics, revision: 1 })
  const app = implement(workbenchContract.app).use(handleFor({ log: () => {} }))
  const files = implement(workbenchContract.files).use(handleFor({ log: () => {} }))
  const workspace = implement(workbenchContract.workspace).use(handleFor({ log: () => {} }))
  const jobs = implement(workbenchContract.jobs).use(handleFor({ log: () => {} }))
  const model = implement(workbenchContract.model).use(handleFor({ log: () => {} }))
  const providers = implement(workbenchContract.providers).use(handleFor({ log: () => {} }))
  const ledger = implement(workbenchContract.ledger).use(handleFor({ log: () => {} }))
  const answers = implement(workbenchContract.answers).use(handleFor({ log: () => {} }))
  const events = implement(workbenchContract.events).use(handleFor({ log: () => {} }))

  const openNow = (name: string) => {
    state.workspace = { ...demoWorkspace(), name }
    changed('workspace')
    return state.workspace
  }
  const router = {
    app: {
      info: app.info.handler(() => ({
        version: '0.1.0',
        door: 'browser' as const,
        platform: 'linux',
        nativeDialogs: false,
        showsFolders: false,
        uploadPath: '/upload',
        uploadLimit: 1_000_000,
        dataFolder: '/home/ada/.config/snip',
      })),
      settings: app.settings.handler(() => state.settings),
      changeSettings: app.changeSettings.handler(({ input }) => {
        state.settings = { ...state.settings, ...(input as Partial<Settings>) }
        return state.settings
      }),
      engine: app.engine.handler(() => ({
        pid: 4242,
        node: '20.20.2',
        onnxRuntime: '1.30.0',
        providers: [
          {
            provider: 'cuda' as const,
            works: false,
            reason: 'The CUDA libraries are not installed: libcudart.so.12 was not found.',
          },
          { provider: 'webgpu' as const, works: false, reason: 'No adapter was found.' },
          { provider: 'cpu' as const, works: true, reason: null },
        ],
        memory: { freeBytes: 9_400_000_000, totalBytes: 16_800_000_000, engineBytes: 212_000_000 },
      })),
      diagnostics: app.diagnostics.handler(() => ({ text: 'SNIP Workbench 0.1.0' })),
    },
    files: {
      places: files.places.handler(() => [grant('/home/ada', 'folder'), grant('/home/ada/texts', 'folder')]),
      list: files.list.handler(({ input }) => {
        const entries = tree[input.folder]
        if (!entries)
          throw new SnipError('not-found', `${input.folder} does not exist`, { remedy: 'Choose another folder.' })
        const parent = input.folder === '/home/ada' ? null : grant('/home/ada', 'folder')
        return { folder: look(input.folder, 'folder'), parent, entries, truncated: false }
      }),
      resolve: files.resolve.handler(({ input }) => {
        if (tree[input.path]) return look(input.path, 'folder')
        const known = Object.values(tree)
          .flat()
          .find(({ path }) => path === input.path)
        if (!known) throw new SnipError('not-found', `There is no ${input.path}`, { remedy: 'Check the path.' })
        return { ...grant(known.path, known.kind), looksLike: known.looksLike }
      }),
    },
    workspace: {
      current: workspace.current.handler(() => state.workspace),
      recent: workspace.recent.handler(() => state.recent),
      openDemo: workspace.openDemo.handler(() => openNow('Demo')),
      open: workspace.open.handler(({ input }) => {
        state.calls.push(`open ${input.folder}`)
        const failure = state.openFails
        state.openFails = null
        if (failure) throw SnipError.fromFailure(failure)
        return openNow(basename(input.folder))
      }),
      create: workspace.create.handler(({ input }) => {
        state.calls.push(`create ${input.parent}/${input.name}`)
        return openNow(input.name)
      }),
      close: workspace.close.handler(() => {
        state.workspace = null
        changed('workspace')
        return null
      }),
      undo: workspace.undo.handler(() => {
        state.calls.push('undo')
        const did = state.workspace?.undo ?? null
        if (state.workspace) state.workspace = { ...state.workspace, undo: null, redo: did }
        changed('workspace')
        return { did, neuron: null }
      }),
      redo: workspace.redo.handler(() => {
        state.calls.push('redo')
        const did = state.workspace?.redo ?? null
        if (state.workspace) state.workspace = { ...state.workspace, undo: did, redo: null }
        changed('workspace')
        return { did, neuron: null }
      }),
    },
    jobs: {
      list: jobs.list.handler(() => state.jobs),
      cancel: jobs.cancel.handler(async ({ input }) => {
        state.calls.push(`cancel ${input.id}`)
        await new Promise((resolve) => setTimeout(resolve, state.cancelTakes))
        return null
      }),
      resume: jobs.resume.handler(({ input }) => {
        state.calls.push(`resume ${input.id}`)
        return { job: input.id }
      }),
      dismiss: jobs.dismiss.handler(({ input }) => {
        state.jobs = state.jobs.filter(({ id }) => id !== input.id)
        changed('jobs')
        return null
      }),
      log: jobs.log.handler(() => ({
        lines: ['10:00:01 started', '10:00:04 batch 1 of 64', '10:00:07 batch 2 of 64'],
      })),
    },
    providers: {
      list: providers.list.handler(() => ({
        providers: [],
        offline: state.settings.offline,
        keychain: { available: true, note: null },
        warning: null,
      })),
      prices: providers.prices.handler(() => []),
    },
    ledger: { list: ledger.list.handler(() => ({ entries: [], count: 0, totals: [], damaged: 0 })) },
    answers: { kept: answers.kept.handler(() => ({ answers: 0, bytes: 0, limitBytes: 5e9 })) },
    model: { current: model.current.handler(() => state.model) },
    events: {
      watch: events.watch.handler(async function* ({ signal }) {
        const waiting: WorkbenchEvent[] = [{ kind: 'hello', process: 'frame', revision: 0 }]
        let wake = () => {}
        const listen = (event: WorkbenchEvent) => {
          waiting.push(event)
          wake()
        }
        listeners.add(listen)
        signal?.addEventListener('abort', () => wake())
        try {
          for (;;) {
            if (signal?.aborted === true) return
            const next = waiting.shift()
            if (next) yield next
            else await new Promise<void>((resolve) => (wake = resolve))
          }
        } finally {
          listeners.delete(listen)
        }
      }),
    },
  }
  const door = await openBrowserDoor({
    router,
    rendererFolder,
    uploadFolder: join(folder, 'uploads'),
    grant: (path) => grant(path, 'file'),
    host: '127.0.0.1',
    port: 0,
    log: () => {},
  })
  return {
    state,
    door,
    send,
    listeners: () => listeners.size,
    reset: () => void Object.assign(state, firstState()),
    close: async () => {
      await door.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
