import { setTimeout as sleep } from 'node:timers/promises'
import { implement } from '@orpc/server'
import { SnipError } from '../../src/contract/failure.ts'
import { workbenchContract } from '../../src/contract/workbench/index.ts'
import { handleFor } from '../../src/main/services/router/failures.ts'

/** What the door's router was asked, for tests to count. */
export interface Counts {
  /** Calls and streams that their caller gave up. */
  aborts: number
  /** Writes that were carried out. */
  writes: number
  /** Streams of events that were begun. */
  watches: number
}

/** Values that rounding on the way would change. */
export const oddFloats = Float32Array.from([0, -0, 1 / 3, -1e-45, 3.4028235e38, Infinity, -Infinity, NaN])

/** Float32 values of a column with `rows` rows. */
export function columnOf(rows: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows }, (_, row) => oddFloats[row % oddFloats.length]! + row)
}

/** A small workbench with the real contract, for tests of what carries it. `counted` hears of every change. */
export function doorRouter(counts: Counts, counted: () => void = () => {}) {
  const contract = workbenchContract
  const model = implement(contract.model).use(handleFor({ log: () => {} }))
  const datasets = implement(contract.datasets).use(handleFor({ log: () => {} }))
  const neurons = implement(contract.neurons).use(handleFor({ log: () => {} }))
  const compare = implement(contract.compare).use(handleFor({ log: () => {} }))
  const events = implement(contract.events).use(handleFor({ log: () => {} }))
  const workspace = implement(contract.workspace).use(handleFor({ log: () => {} }))
  const count = (what: keyof Counts) => {
    counts[what]++
    counted()
  }
  const aborted = async (signal: AbortSignal | undefined) => {
    await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }))
    count('aborts')
  }

  return {
    model: {
      tokens: model.tokens.handler(({ input }) => {
        const pieces = [...input.text]
        return { ids: pieces.map((piece) => piece.codePointAt(0)!), pieces, spans: [[0, input.text.length]] }
      }),
      /** Answers when its caller gives up, and then too late. */
      unload: model.unload.handler(async ({ signal }) => {
        await aborted(signal)
        return null
      }),
      /** As many tokens as the prompt has letters; `endless` ones for a prompt of that name. */
      generate: model.generate.handler(async function* ({ input, signal }) {
        try {
          for (let at = 0; input.prompt === 'endless' || at < input.prompt.length; at++) {
            if (input.prompt === 'endless') await sleep(2, undefined, { signal: signal! })
            yield { kind: 'token' as const, text: String(at) }
          }
          yield { kind: 'done' as const, text: input.prompt, tokens: input.prompt.length, seconds: 0 }
        } finally {
          if (signal?.aborted) count('aborts')
        }
      }),
    },
    datasets: {
      remove: datasets.remove.handler(() => {
        throw new SnipError('busy', 'The data set "Sand" is in use', { remedy: 'Wait for the job.', detail: 'lock 17' })
      }),
    },
    compare: {
      generate: compare.generate.handler(async function* () {
        yield { kind: 'token' as const, side: 'original' as const, text: 'first' }
        throw new SnipError('host-died', 'The engine was ended by SIGKILL', { remedy: 'Start it again.' })
      }),
      addPrompts: compare.addPrompts.handler(async () => {
        count('writes')
        return null
      }),
      /** A write that is under way until its caller is gone. */
      removePrompts: compare.removePrompts.handler(async ({ signal }) => {
        count('writes')
        await aborted(signal)
        return null
      }),
    },
    neurons: {
      table: neurons.table.handler(() => {
        const rows = 100_000
        const column = new Blob([columnOf(rows)])
        const codes = new Blob([Uint8Array.from({ length: rows }, (_, row) => row % 251)])
        const names = ['freq', 'meanAbs', 'rms', 'stdPopulation', 'mean', 'max', 'conceptScore'] as const
        return {
          revision: 7,
          rows,
          layout: [{ site: 'mlp' as const, layer: 0, first: 0, width: rows }],
          columns: {
            ...(Object.fromEntries(names.map((name) => [name, column])) as Record<(typeof names)[number], Blob>),
            status: codes,
            pin: codes,
          },
          concepts: new Blob([JSON.stringify(['fires on \u{1f3d6} sand', '', 'שלום'])]),
        }
      }),
    },
    workspace: {
      current: workspace.current.handler(() => null),
      /** Takes as long as a name that is not there: its caller's patience. */
      recent: workspace.recent.handler(async ({ signal }) => {
        await aborted(signal)
        return []
      }),
    },
    events: {
      watch: events.watch.handler(async function* ({ signal }) {
        count('watches')
        yield { kind: 'hello' as const, process: 'test', revision: counts.watches }
        await aborted(signal)
      }),
    },
  }
}
