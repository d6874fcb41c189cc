import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '../src/core/stats/random.ts'
import { encodeBulk } from '../src/main/engine-host/client/bulk.ts'
import { jsonLines } from '../src/main/services/files-of-lines.ts'
import { VectorStore } from '../src/main/services/language-models/answers/vector-store.ts'
import { requestHash } from '../src/main/services/language-models/answers/request-hash.ts'
import { createLanguageModels } from '../src/main/services/language-models/index.ts'
import { SessionSecrets } from '../src/main/services/language-models/secrets/session-secrets.ts'
import type { Models } from '../src/main/services/models/models.ts'
import { rank } from '../src/main/services/rankings/rank.ts'
import { quietTask } from '../src/main/services/task.ts'
import { createWorkbench } from '../src/main/services/workbench.ts'
import { spread } from './harness/alternate.ts'
import { builtFile } from './harness/built.ts'
import { cacheFolder } from './harness/cache.ts'
import { memoryOf, watchMemory } from './harness/memory.ts'
import { readOptions, report } from './harness/report.ts'

/**
 * Rankings by cosine at scale: 307,200 concepts of 1,536 numbers against 200 forget concepts. All vectors are in the store of an embedding
 * model before, as a server would have left them; nothing is sent.
 */
const { quick } = readOptions()
const layers = quick ? 8 : 32
const width = 9600
const dims = 1536
const rows = layers * width
const columns = 200
const repeats = quick ? 3 : 7
const server = { baseUrl: 'http://127.0.0.1:9/v1', model: 'made-up' }

const random = createRandom(7)
/** Made-up embeddings lie in a cone, as those of real models do: what all share, and noise. */
const shared = Float32Array.from({ length: dims }, () => random.uniform() - 0.5)
const noise = Float32Array.from({ length: 65_536 }, () => random.uniform() - 0.5)
function madeUp(): Float32Array {
  const from = random.integer(noise.length - 2 * dims)
  const over = random.integer(noise.length - 2 * dims)
  const vector = new Float32Array(dims)
  for (let k = 0; k < dims; k++) vector[k] = shared[k]! + noise[from + k]! + noise[over + k]!
  return vector
}

const texts = Array.from(
  { length: rows },
  (_, row) => `the tokens "t${row % 977}" and "u${row}"; words of kind ${row % 5}`,
)
const forgetTexts = Array.from({ length: columns + repeats + 1 }, (_, at) => `what must be forgotten, number ${at}`)
const folder = join(cacheFolder(), 'cosines')
const cache = join(folder, `cache-${rows}`)
mkdirSync(cache, { recursive: true })
const work = mkdtempSync(join(folder, 'work-'))

/** The store that another run left, or a new one. */
function fillStore(): void {
  const store = new VectorStore(join(cache, 'vectors'), server.baseUrl, server.model)
  for (const text of [...texts, ...forgetTexts]) {
    const hash = requestHash(server.baseUrl, server.model, 'embedding', text)
    if (!store.has(hash)) store.keep(hash, madeUp())
  }
  store.close()
}

/** Seconds of CPU time that a process has used, by the system's ticks of 10 ms; 0 before it is started. */
function cpuSeconds(pid: number | undefined): number {
  if (pid === undefined) return 0
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const workbench = createWorkbench({
  hostFile: builtFile('engine-host.worker.js'),
  settings: { threads: 0, provider: 'cpu' },
  environment: { XDG_CACHE_HOME: cache },
  log: (line) => console.error(line),
})
const { engine } = workbench
const languageModels = createLanguageModels({
  dataFolder: join(work, 'data'),
  cacheFolder: cache,
  offline: () => true,
  secrets: new SessionSecrets(),
})
const models = {
  engine,
  open: async () => ({ neurons: { mlp: Array.from({ length: layers }, () => width), attention: [] } }),
  modelHash: async () => '0'.repeat(64),
} as unknown as Models

const amount = (name: string, unit: string, values: readonly number[], most?: number) =>
  report({
    kind: 'amount',
    name,
    unit,
    value: spread(values),
    count: values.length,
    target: most === undefined ? null : { relation: 'at most', value: most },
  })

/** Wall time of `count` calls, and the CPU time of the engine and of this process. */
async function time(name: string, count: number, call: (at: number) => Promise<unknown>, most?: number): Promise<void> {
  const wall: number[] = []
  const cpu: number[] = []
  const own: number[] = []
  for (let at = 0; at < count; at++) {
    const before = cpuSeconds(engine.pid)
    const ownBefore = process.cpuUsage()
    const start = performance.now()
    await call(at)
    wall.push((performance.now() - start) / 1000)
    cpu.push(cpuSeconds(engine.pid) - before)
    const { user, system } = process.cpuUsage(ownBefore)
    own.push((user + system) / 1e6)
  }
  amount(`${name}: wall`, 's', wall, most)
  amount(`${name}: CPU time of the engine`, 's', cpu)
  amount(`${name}: CPU time of the caller`, 's', own)
}

/** How late a ticker of this process came, at the most, since it was last asked. */
function watchLag() {
  let last = performance.now()
  let most = 0
  const timer = setInterval(() => {
    const now = performance.now()
    most = Math.max(most, now - last - 5)
    last = now
  }, 5)
  return { most: () => most, stop: () => clearInterval(timer) }
}

const write = (name: string, values: Iterable<unknown>) => {
  writeFileSync(join(work, name), [...jsonLines(values)].join(''))
  return join(work, name)
}

try {
  fillStore()
  const { id } = await languageModels.save({
    id: null,
    name: 'Made up',
    baseUrl: server.baseUrl,
    chatModel: server.model,
    embeddingModel: server.model,
    concurrency: 8,
    plainHttpAllowed: false,
  })
  const concepts = write(
    'concepts.jsonl',
    texts.map((text, at) => ({
      neuron: `mlp:${Math.floor(at / width)}:${at % width}`,
      text,
      author: 'made up',
      explainer: null,
      score: null,
      scoreKind: null,
      status: 'suggested',
    })),
  )
  let made = 0
  /** Ranks with 200 forget concepts, the n-th of which is another one. */
  const rankWith = (changed: number) => {
    const chosen = forgetTexts.slice(0, columns)
    if (changed > 0) chosen[changed] = forgetTexts[columns + changed]!
    return rank(
      models,
      {
        method: 'snip',
        model: { path: 'made-up', tokenizer: null },
        out: join(work, `ranking-${made++}.jsonl`),
        preset: 'corrected',
        params: {},
        seed: 1,
        concepts,
        forgetConcepts: write(
          `forget-${made}.jsonl`,
          chosen.map((text) => ({ text, weight: 1, extractor: 'made up' })),
        ),
        embedder: 'openai-compatible',
        provider: id,
      },
      quietTask(),
      { languageModels, cacheFolder: cache },
    )
  }
  const memory = watchMemory(process.pid)
  const sayMemory = (name: string) => amount(`${name}: most memory of the caller`, 'MB', [memory.take().totalMb])

  rmSync(join(cache, 'matrices'), { recursive: true, force: true })
  const lag = watchLag()
  await time('ranking from the store, nothing prepared', 1, () => rankWith(0))
  sayMemory('ranking from the store')
  amount('longest that the caller did not answer', 'ms', [lag.most()])
  lag.stop()
  await time('ranking again, one forget concept of 200 changed', repeats, (at) => rankWith(at + 1))
  sayMemory('ranking again')
  await engine.stop()
  await time('ranking by a new engine, the matrix on the disk', 1, () => rankWith(0))
  memory.stop()

  const matrices = join(cache, 'matrices')
  const name = readdirSync(matrices).find((one) => one.endsWith('.f32'))!
  const matrix = { file: join(matrices, name), key: name.split('.')[0]!, rows, dims }
  const set = Float32Array.from({ length: columns * dims }, () => random.uniform() - 0.5)
  const ask = () =>
    engine.client.similarity({ matrix, columns: encodeBulk(set), weights: null, startAtZero: false }, {})
  await ask()
  const change = (from: number, count: number) => {
    for (let at = from * dims; at < (from + count) * dims; at++) set[at] = random.uniform() - 0.5
  }
  const fresh = (count: number) => (at: number) => {
    change(count === columns ? 0 : at, count)
    return ask()
  }
  await time(`cosines with ${columns} other concepts, matrix in memory`, repeats, fresh(columns), 1)
  await time('cosines with one concept changed', repeats, fresh(1))
  await time('cosines with nothing changed', repeats, ask)
  amount('memory of the engine', 'MB', [memoryOf(engine.pid).totalMb])
} finally {
  await languageModels.dispose()
  await workbench.dispose()
  rmSync(work, { recursive: true, force: true })
}
