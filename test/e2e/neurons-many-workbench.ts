import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { implement } from '@orpc/server'
import { workbenchContract } from '../../src/contract/workbench/index.ts'
import { openBrowserDoor } from '../../src/main/server/browser-door.ts'
import type { BrowserDoor } from '../../src/main/server/browser-door.ts'
import { handleFor } from '../../src/main/services/router/failures.ts'

export interface ManyNeurons {
  readonly door: BrowserDoor
  readonly rows: number
  close(): Promise<void>
}

const layers = 32
const width = 10_940

/** Rows of the made-up table, 350,080. */
export const manyRows = layers * width

/** Frequency of a row of the made-up table: every value from 0 to 0.999 in steps of 1/1000, scattered. */
export function freqOf(row: number): number {
  return ((row * 7919) % 1000) / 1000
}

/** A workbench with 350,080 neurons in 32 layers behind a real browser door, and nothing else to do. */
export async function openManyNeurons(rendererFolder: string): Promise<ManyNeurons> {
  const folder = mkdtempSync(join(tmpdir(), 'snip-many-'))
  const app = implement(workbenchContract.app).use(handleFor({ log: () => {} }))
  const workspace = implement(workbenchContract.workspace).use(handleFor({ log: () => {} }))
  const jobs = implement(workbenchContract.jobs).use(handleFor({ log: () => {} }))
  const model = implement(workbenchContract.model).use(handleFor({ log: () => {} }))
  const events = implement(workbenchContract.events).use(handleFor({ log: () => {} }))
  const neurons = implement(workbenchContract.neurons).use(handleFor({ log: () => {} }))
  const recordings = implement(workbenchContract.recordings).use(handleFor({ log: () => {} }))
  const rankings = implement(workbenchContract.rankings).use(handleFor({ log: () => {} }))

  const column = (value: (row: number) => number) =>
    new Blob([Float32Array.from({ length: manyRows }, (_, row) => value(row))])
  const codes = () => new Blob([new Uint8Array(manyRows)])
  const order = Uint32Array.from({ length: manyRows }, (_, place) => (place * 104_729) % manyRows)
  const columns = {
    freq: column(freqOf),
    meanAbs: column(() => 0.5),
    rms: column(() => 0.5),
    stdPopulation: column(() => 0.5),
    mean: column(() => 0),
    max: column((row) => row % 17),
    conceptScore: column((row) => (row % 3 === 0 ? Number.NaN : (row % 100) / 100)),
    status: codes(),
    pin: codes(),
  }
  const concepts = new Blob([
    JSON.stringify(Array.from({ length: manyRows }, (_, row) => `words about topic ${row % 1000}, number ${row}`)),
  ])
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
        dataFolder: folder,
      })),
      settings: app.settings.handler(() => ({
        threads: 0,
        provider: null,
        theme: 'light' as const,
        zoomPercent: 100,
        shortcuts: true,
        coachDismissed: true,
        offline: false,
      })),
    },
    workspace: {
      current: workspace.current.handler(() => ({
        name: 'Many neurons',
        path: folder,
        schemaVersion: 1,
        steps: [],
        undo: null,
        redo: null,
        next: '',
        cut: { ranking: 'r', k: 3501 },
      })),
      recent: workspace.recent.handler(() => []),
    },
    jobs: { list: jobs.list.handler(() => []) },
    model: { current: model.current.handler(() => null) },
    recordings: { list: recordings.list.handler(() => []) },
    rankings: {
      list: rankings.list.handler(() => [
        {
          id: 'r',
          name: 'Made up',
          method: 'random',
          preset: null,
          params: {},
          seed: 1,
          neuronCount: manyRows,
          ranked: manyRows,
          warnings: [],
          embedder: null,
          sends: null,
          stale: null,
        },
      ]),
      order: rankings.order.handler(() => ({
        id: 'r',
        revision: 1,
        rows: new Blob([order]),
        scores: new Blob([Float32Array.from(order, (_, place) => 1 - place / manyRows)]),
        pinnedAlways: 0,
        neuronCount: manyRows,
      })),
    },
    neurons: {
      table: neurons.table.handler(() => ({
        revision: 1,
        rows: manyRows,
        layout: Array.from({ length: layers }, (_, layer) => ({
          site: 'mlp' as const,
          layer,
          first: layer * width,
          width,
        })),
        columns,
        concepts,
      })),
    },
    events: {
      watch: events.watch.handler(async function* ({ signal }) {
        yield { kind: 'hello' as const, process: 'many', revision: 0 }
        await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      }),
    },
  }
  const door = await openBrowserDoor({
    router,
    rendererFolder,
    uploadFolder: join(folder, 'uploads'),
    grant: (path) => ({ id: path, kind: 'file', name: path, path, bytes: null }),
    host: '127.0.0.1',
    port: 0,
    log: () => {},
  })
  return {
    door,
    rows: manyRows,
    close: async () => {
      await door.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
