import { join } from 'node:path'
import { findArchitecture } from '../src/core/architectures/registry.ts'
import { openCheckpointWeights, readJsonFile } from '../src/main/engine-host/model/checkpoint-folder.ts'
import { purposes } from '../src/main/engine-host/sessions/model-sessions.ts'
import { createSession } from '../src/main/engine-host/sessions/session.ts'
import { layoutGraphs } from '../src/main/engine-host/model/graph-source.ts'
import { openModel } from '../src/main/engine-host/model/open-model.ts'
import { memoryOf } from './harness/memory.ts'

/**
 * Opens one model in a fresh process and says what it took. Arguments: folder, then `graph` (what the graph needs: config, headers,
 * layout, and a session over the mapped file), `mapped` or `prepacked` (all of openModel, tokenizer too, and a session of that kind).
 */
const [folder, mode] = process.argv.slice(2)
globalThis.gc?.()
const before = memoryOf()
const start = performance.now()
const { graphs, weights } = mode === 'graph' ? readFolder(folder!) : await open(folder!)
const opened = performance.now()
const bytes = graphs.bytes(purposes.losses)
const ready = performance.now()
const afterGraph = memoryOf()
const session = await createSession(bytes, weights.folder, {
  provider: 'cpu',
  threads: 2,
  prepacking: mode === 'prepacked',
})
const created = performance.now()
const afterSession = memoryOf()
const extra = (memory: typeof before) => ({
  ownMb: memory.ownMb - before.ownMb,
  mappedMb: memory.mappedMb - before.mappedMb,
  totalMb: memory.totalMb - before.totalMb,
})
process.stdout.write(
  JSON.stringify({
    openMs: opened - start,
    graphMs: ready - opened,
    sessionMs: created - ready,
    graphKb: bytes.length / 1024,
    graphMemory: extra(afterGraph),
    sessionMemory: extra(afterSession),
  }),
)
await session.release()

function open(path: string) {
  return openModel({ path, tokenizer: null, threads: 2, provider: 'cpu' })
}

function readFolder(path: string) {
  const config = readJsonFile(join(path, 'config.json'), 'bad-model')
  const files = openCheckpointWeights(path)
  return { weights: files, graphs: layoutGraphs(findArchitecture(config).layout(config, files.tensors), files) }
}
