import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as ort from 'onnxruntime-node'
import { createRandom } from '../src/core/stats/random.ts'
import { masksOf, openModel } from '../src/main/engine-host/model/open-model.ts'
import { floatOutput, maskFeeds, purposes } from '../src/main/engine-host/sessions/model-sessions.ts'
import { tokenFeeds } from '../src/main/engine-host/sessions/token-feeds.ts'
import { alternate, cost, type Cost } from './harness/alternate.ts'
import { repositoryFile } from './harness/built.ts'
import { plural, readOptions, report } from './harness/report.ts'
import { torchVersion } from './harness/torch-peer.ts'

/** One case a family, at the size that families_peer.py gives it: 384 wide, 4 layers, 4,096 tokens of vocabulary. */
const cases = [
  'opt',
  'gpt-neox',
  'llama3-rope',
  'mistral',
  'qwen2',
  'qwen3',
  'olmo',
  'olmo2',
  'gemma',
  'gemma2',
  'phi',
  'gpt-neo',
  'gptj',
  'bert',
  'roberta',
  'vit',
]
const tokens = 256

type Reply = Cost & { readonly last: readonly number[] }

async function startPeer(name: string, folder: string, threads: number) {
  const python = process.env['SNIP_BENCH_PYTHON'] ?? '/usr/bin/python3'
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) }
  const script = repositoryFile('bench/families_peer.py')
  const child = spawn(python, [script, name, folder, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'], env })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`PyTorch ended at ${name}`)
    return JSON.parse(value) as Reply
  }
  await next()
  return {
    run(values: ArrayLike<number>) {
      child.stdin.write(`${JSON.stringify(Array.from(values))}\n`)
      return next()
    },
    close: () => child.stdin.end(),
  }
}

/** Logits of one sequence: the engine's session (masks and all) against PyTorch, f32, same weights, same threads. */
async function compareFamily(name: string, threads: number, pairs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'snip-family-'))
  const peer = await startPeer(name, folder, threads)
  const model = await openModel({ path: folder, tokenizer: null, threads, provider: 'cpu' })
  try {
    const random = createRandom(7)
    // The first ids are special tokens, which some encoders take for padding.
    const { vocabularySize } = model.shape
    const ids = Int32Array.from({ length: tokens }, () => 5 + random.integer(Math.max(1, vocabularySize - 5)))
    const image = model.layout?.image ? { channels: 3, size: 64 } : null
    const pixels = Float32Array.from({ length: 3 * 64 * 64 }, () => random.normal())
    const session = await model.sessions.get(purposes.logits)
    const given = image
      ? { pixel_values: new ort.Tensor('float32', pixels, [1, image.channels, image.size, image.size]) }
      : tokenFeeds(model, ids, [1, tokens])
    const feeds = { ...given, ...maskFeeds(masksOf(model, null)) }
    let logits = new Float32Array(0)
    let last: readonly number[] = []
    const alternated = await alternate(
      async () => {
        const reply = await peer.run(image ? pixels : ids)
        ;({ last } = reply)
        return reply
      },
      () =>
        cost(async () => {
          logits = floatOutput(await session.run(feeds), 'logits') as Float32Array<ArrayBuffer>
        }),
      pairs,
    )
    const own = logits.subarray(logits.length - last.length)
    const largest = Math.max(...last.map(Math.abs))
    const difference = Math.max(...last.map((value, i) => Math.abs(value - own[i]!)))
    if (!(difference <= 1e-3 * largest)) throw new Error(`${name}: the two sides differ by ${difference} of ${largest}`)
    const title = `${name}: logits of ${image ? '256 patches' : `${tokens} tokens`}, ${plural(threads, 'thread')}`
    report({ kind: 'ratio', name: title, sides: ['PyTorch', 'engine'], target: null, ...alternated })
  } finally {
    peer.close()
    await model.sessions.release()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (torchVersion() === null) throw new Error('No Python with PyTorch: set SNIP_BENCH_PYTHON')
const { threads, quick } = readOptions()
for (const count of threads) for (const name of cases) await compareFamily(name, count, quick ? 3 : 11)
