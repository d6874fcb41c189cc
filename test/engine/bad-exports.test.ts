import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelFacts } from '../../src/contract/engine-host.ts'
import { SnipError } from '../../src/contract/failure.ts'
import { elementType, GraphBuilder } from '../../src/core/onnx/graph.ts'
import { joinPieces, serialiseModel } from '../../src/core/onnx/serialise.ts'
import type { TensorSource } from '../support/models/safetensors.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { expectAnyFailure, expectFailure, failureOf, largestDifference, planOf, scratchFolder } from './expectations.ts'
import { logprobsOf, openExported } from './exported-session.ts'
import { openHandle, writeCase } from './families.ts'
import { doneOf, engineHostFile, startHost, startHostOf, type TestHost } from './host.ts'

const work = scratchFolder('bad-exports')
const { checkpoint } = writeCase(work, 'llama-grouped-tied')
const tokenizer = join(checkpoint.directory, 'tokenizer.json')
let host: TestHost
let handle: string
let count = 0

beforeAll(async () => {
  host = await startHost()
  handle = (await openHandle(host, checkpoint.directory)).handle
})
afterAll(() => host.stop())

function newFolder(): string {
  const folder = join(work, `out-${count++}`)
  mkdirSync(folder)
  return folder
}

interface Changes {
  readonly neurons?: readonly string[]
  readonly realisation?: 'zeroed' | 'compact'
  readonly weights?: 'inline' | 'external'
}

function exportTo(file: string, changes: Changes = {}) {
  const { neurons = ['mlp:0:3', 'attention:1:4'], realisation = 'compact', weights = 'external' } = changes
  const plan = planOf(neurons)
  return doneOf(host.client.exportModel({ handle, plan, realisation, file, weights, metadata: {} }))
}

/** Every file below a folder with its content. */
function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    found[path] = entry.isFile() ? readFileSync(path).toString('base64') : 'not a file'
  }
  return found
}

describe('an export is refused, and nothing is written, when', () => {
  test.each(['pruned.onnx', 'pruned.onnx.data'])('%s exists already', async (name) => {
    const folder = newFolder()
    writeFileSync(join(folder, name), 'precious')
    await expectFailure(() => exportTo(join(folder, 'pruned.onnx')), 'exists', join(folder, name), 'exists already')
    expect(readdirSync(folder)).toEqual([name])
    expect(readFileSync(join(folder, name), 'utf8')).toBe('precious')
  })

  test('the target is a link to nothing', async () => {
    const folder = newFolder()
    const elsewhere = join(work, 'elsewhere.onnx')
    symlinkSync(elsewhere, join(folder, 'pruned.onnx'))
    await expectFailure(() => exportTo(join(folder, 'pruned.onnx')), 'exists', 'pruned.onnx')
    expect(existsSync(elsewhere)).toBe(false)
  })

  test('its folder does not exist', async () => {
    const folder = join(work, 'nowhere')
    await expectFailure(() => exportTo(join(folder, 'pruned.onnx')), 'not-found', `There is no folder ${folder}`)
    expect(existsSync(folder)).toBe(false)
  })

  test('its folder is a file', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'file'), '')
    await expectFailure(() => exportTo(join(folder, 'file', 'pruned.onnx')), 'bad-file', 'not a folder')
    expect(readdirSync(folder)).toEqual(['file'])
  })

  test('it is not named .onnx', async () => {
    const folder = newFolder()
    await expectFailure(() => exportTo(join(folder, 'pruned.bin')), 'bad-argument', 'does not end in .onnx')
    expect(readdirSync(folder)).toEqual([])
  })

  test.each([
    ['mlp:0:40', "layer 0 of site 'mlp' has neurons 0 to 39"],
    ['attention:3:0', "site 'attention' has layers 0 to 2"],
    ['attention:0:24', "layer 0 of site 'attention' has neurons 0 to 23"],
  ])('its plan names %s, which the model does not have', async (neuron, range) => {
    const folder = newFolder()
    const file = join(folder, 'pruned.onnx')
    await expectFailure(() => exportTo(file, { neurons: ['mlp:0:1', neuron] }), 'bad-plan', neuron, range)
    expect(readdirSync(folder)).toEqual([])
  })

  test('it was cancelled', async () => {
    const folder = newFolder()
    const plan = planOf([])
    const file = join(folder, 'pruned.onnx')
    const input = { handle, plan, realisation: 'zeroed', file, weights: 'external', metadata: {} } as const
    const stop = new AbortController()
    const error = await failureOf(async () => {
      const stream = await host.client.exportModel(input, { signal: stop.signal })
      stop.abort()
      await doneOf(Promise.resolve(stream))
    })
    expect(error).toMatchObject({ kind: 'cancelled' })
    await host.client.probe()
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('an exported file is refused when', () => {
  let good: { folder: string; file: string }

  beforeAll(async () => {
    const folder = newFolder()
    good = { folder, file: join(folder, 'pruned.onnx') }
    await exportTo(good.file)
  })

  /** A copy of the good export, its files changed by name. */
  function changed(change: (bytes: Buffer) => Uint8Array, which = 'pruned.onnx'): string {
    const folder = newFolder()
    for (const name of readdirSync(good.folder)) {
      const bytes = readFileSync(join(good.folder, name))
      writeFileSync(join(folder, name), name === which ? change(bytes) : bytes)
    }
    return join(folder, 'pruned.onnx')
  }

  const expectRefused = (path: string, ...says: (string | RegExp)[]) =>
    expectFailure(() => openHandle(host, path, 1, tokenizer), 'bad-model', ...says)

  /** Replaces one text by another of the same length, which must be there. */
  const replace =
    (from: string, to: string) =>
    (bytes: Buffer): Buffer => {
      expect(Buffer.byteLength(from)).toBe(Buffer.byteLength(to))
      const at = bytes.indexOf(from)
      expect(at).toBeGreaterThan(0)
      bytes.write(to, at)
      return bytes
    }

  test('nothing was changed: it opens', async () => {
    expect(
      (
        await openHandle(
          host,
          changed((bytes) => bytes),
          1,
          tokenizer,
        )
      ).neurons.mlp,
    ).toEqual([39, 40, 40])
  })

  test('the operator of a node was changed', async () => {
    await expectRefused(changed(replace('Sigmoid', 'Softmax')), 'not the one that its metadata describe')
  })

  test('any one byte of it was changed, unless it still computes what we measure', async () => {
    const bytes = readFileSync(good.file)
    const ids = [5, 77, 200, 31]
    const kinds = new Set<string>()
    let opened = 0
    for (let i = 0; i < 150; i++) {
      const at = Math.floor((bytes.length * i) / 150)
      const path = changed((copy) => {
        copy[at]! ^= 1
        return copy
      })
      const model = await openHandle(host, path, 1, tokenizer).catch((error: unknown) => error)
      if (model instanceof SnipError) {
        const { kind } = await expectAnyFailure(() => Promise.reject(model))
        kinds.add(kind)
        continue
      }
      opened++
      // Such a byte is a last digit that f32 rounds away, or the length of the context.
      const { handle: changedHandle } = model as ModelFacts
      const measured = await host.client.logprobs({ handle: changedHandle, ids, plan: null })
      const alone = await openExported(path)
      const { data } = await alone.logits([ids])
      await alone.release()
      expect(largestDifference(logprobsOf(data, ids), measured.logprobs), `byte ${at}`).toBe(0)
      await host.client.close({ handle: changedHandle })
    }
    expect(opened).toBeLessThan(15)
    expect(['bad-model', 'unsupported-model']).toEqual(expect.arrayContaining([...kinds]))
  })

  test('bytes were added to it', async () => {
    await expectRefused(changed((bytes) => Buffer.concat([bytes, Buffer.of(0x72, 0x00)])))
  })

  test.each([
    ['"keyValueHeadCount":2', '"keyValueHeadCount":1'],
    ['"order":"out-in"', '"order":"in-out"'],
    ['"epsilon":0.00001', '"epsilon":0.00002'],
    ['"activation":"silu"', '"activation":"relu"'],
    ['"tiedHead":true', '"tiedHead":null'],
    ['"keptColumns":[0', '"keptColumns":[9'],
    ['"scale":0.4', '"scale":0.5'],
  ])('its metadata say %s no longer, but %s', async (from, to) => {
    await expectRefused(changed(replace(from, to)))
  })

  test('its metadata hold no JSON', async () => {
    await expectRefused(changed(replace('{"family"', '["family"')), 'not JSON')
  })

  test('its weights were cut off', async () => {
    await expectRefused(
      changed((bytes) => bytes.subarray(0, bytes.length - 4), 'pruned.onnx.data'),
      'ends beyond the end of pruned.onnx.data',
    )
  })

  test('it was cut off itself, anywhere', async () => {
    const size = readFileSync(good.file).length
    for (let i = 0; i < 40; i++) await expectRefused(changed((bytes) => bytes.subarray(0, Math.floor((size * i) / 40))))
  })

  test('its weights are missing', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'pruned.onnx'), readFileSync(good.file))
    await expectRefused(join(folder, 'pruned.onnx'), '"pruned.onnx.data", which is missing')
  })

  test('its weights lie elsewhere', async () => {
    await expectRefused(changed(replace('pruned.onnx.data', '../../etc/passwd')), 'no file beside the model')
  })

  test('its weights are a link', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'pruned.onnx'), readFileSync(good.file))
    symlinkSync(join(good.folder, 'pruned.onnx.data'), join(folder, 'pruned.onnx.data'))
    await expectRefused(join(folder, 'pruned.onnx'), 'symbolic link')
  })

  test('a weight is not finite, as soon as it is used: the tensor is named', async () => {
    const path = changed((bytes) => {
      bytes.writeFloatLE(NaN, 4 * 24 * 7)
      return bytes
    }, 'pruned.onnx.data')
    const opened = await openHandle(host, path, 1, tokenizer)
    const ids = [7, 8]
    const says = 'Tensor "model.embed_tokens.weight" in pruned.onnx.data is not finite at element 168'
    await expectFailure(() => host.client.logprobs({ handle: opened.handle, ids, plan: null }), 'bad-model', says)
  })

  test('it was written by another program, and is no language model', async () => {
    const builder = new GraphBuilder()
    const ids = builder.input('input_ids', elementType.int64, ['batch', 'sequence'])
    const logits = builder.node('Cast', [ids], { to: elementType.float }, 'logits')
    builder.output(logits, elementType.float, ['batch', 'sequence'])
    const undeclared = () => {
      throw new RangeError('no weights')
    }
    const options = { opset: 17, irVersion: 8, producerVersion: '2.1', metadata: {} }
    const pieces = serialiseModel(builder.build(), undeclared, options)
    const path = join(newFolder(), 'other.onnx')
    writeFileSync(path, replace('snip-workbench', 'other-exporter')(Buffer.from(joinPieces(pieces))))
    const call = () => openHandle(host, path, 1, tokenizer)
    await expectFailure(call, 'unsupported-model', 'other.onnx')
  })

  test('its tokenizer is missing', async () => {
    await expectFailure(() => openHandle(host, good.file), 'bad-tokenizer', 'holds no tokenizer.json')
  })
})

describe('a full disk', () => {
  const big = makeGpt2(join(work, 'big'), { width: 96, layers: 4 })
  const bytesOf = (tensors: readonly TensorSource[]) => tensors.reduce((sum, { values }) => sum + 4 * values.length, 0)

  async function expectDiskFull(limited: TestHost, folder: string): Promise<void> {
    const before = contents(big.directory)
    try {
      const opened = await openHandle(limited, big.directory)
      for (const [realisation, weights] of [
        ['zeroed', 'external'],
        ['compact', 'inline'],
      ] as const) {
        const file = join(folder, 'pruned.onnx')
        const input = { handle: opened.handle, plan: planOf(['mlp:0:1']), realisation, file, weights, metadata: {} }
        await expectFailure(() => doneOf(limited.client.exportModel(input)), 'disk-full', 'The disk is full', file)
        expect(contents(folder)).toEqual({})
      }
      const { logprobs } = await limited.client.logprobs({ handle: opened.handle, ids: [1, 2, 3], plan: null })
      expect(logprobs).toHaveLength(2)
    } finally {
      await limited.stop()
    }
    expect(contents(big.directory)).toEqual(before)
  }

  /** Runs the host under a limit on file sizes, with the signal of that limit ignored: writing beyond it fails. */
  async function limitedHost(): Promise<TestHost> {
    const hostFile = await engineHostFile()
    const launcher = join(work, 'limited-host.mjs')
    writeFileSync(launcher, `process.on('SIGXFSZ', () => {})\nawait import(${JSON.stringify(hostFile)})\n`)
    const limited = startHostOf(launcher)
    await limited.client.probe()
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(limited.pid), '--fsize=1048576:1048576'])
    expect(status, String(stderr)).toBe(0)
    return limited
  }

  test('ends an export in one sentence and leaves nothing behind', async () => {
    expect(bytesOf(big.tensors)).toBeGreaterThan(1_500_000)
    const mounted = newFolder()
    const ways: string[] = []
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mounted]).status === 0) {
      try {
        await expectDiskFull(await startHost(), mounted)
        ways.push('a small file system')
      } finally {
        spawnSync('umount', [mounted])
      }
    }
    if (spawnSync('prlimit', ['--version']).status === 0) {
      await expectDiskFull(await limitedHost(), newFolder())
      ways.push('a limit on file sizes')
    }
    expect(ways.length, 'neither a small file system nor a limit on file sizes can be had here').toBeGreaterThan(0)
  })
})
