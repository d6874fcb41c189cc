import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import type { FailureKind } from '../../src/contract/failure.ts'
import { openModel } from '../../src/main/engine-host/model/open-model.ts'
import { writeDecoder } from '../support/onnx-builder/decoder-file.ts'
import { writeModel, type FileGraph } from '../support/onnx-builder/onnx-file.ts'
import { gptStyle } from '../support/onnx-builder/style.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { expectFailure, scratchFolder } from './expectations.ts'

// What is refused here is refused before a session is made, in the process that opens it: a reader that waits for a pipe would not end.
const work = scratchFolder('hostile-files')
let count = 0
const newFolder = (): string => {
  const folder = join(work, `files-${count++}`)
  mkdirSync(folder)
  return folder
}

const expectRefused = (path: string, kind: FailureKind, ...says: (string | RegExp)[]) =>
  expectFailure(() => openModel({ path, tokenizer: null, threads: 1, provider: 'cpu' }), kind, ...says)

const pipe = (path: string) => execFileSync('mkfifo', [path])

describe('external data of an ONNX file are refused when', () => {
  const sizes = { ...gptStyle().sizes, layers: 1, width: 8, heads: 2, headWidth: 4, inner: 10, vocabulary: 11 }
  const style = gptStyle({ sizes: { ...sizes, keyValueHeads: 2 } })
  const { graph } = writeDecoder({ ...style, external: 'weights.bin' })

  /** The model in a folder of its own, its weights where the location says. */
  function modelAt(
    location: string,
    changed: FileGraph = graph,
  ): { folder: string; path: string; weights: Uint8Array } {
    const folder = newFolder()
    const { bytes, weights } = writeModel(changed, { opset: 17, external: location })
    const path = join(folder, 'model.onnx')
    writeFileSync(path, bytes)
    return { folder, path, weights: weights! }
  }

  test.each([
    ['an absolute path', '/etc/passwd'],
    ['a device', '/dev/zero'],
    ['a path that climbs out', '../weights.bin'],
    ['a path that climbs out on its way', 'data/../../weights.bin'],
    ['a path that goes nowhere', './weights.bin'],
    ['a path of another system', 'C:\\weights.bin'],
    ['a path with steps of another system', '..\\weights.bin'],
    ['a path with NUL', 'weights.bin\0.txt'],
    ['a path that ends in a folder', 'data/'],
  ])('they lie in %s', async (_, location) => {
    const { folder, path, weights } = modelAt(location)
    writeFileSync(join(work, 'weights.bin'), weights)
    writeFileSync(join(folder, 'weights.bin'), weights)
    await expectRefused(path, 'bad-model', 'which is no place below the model')
  })

  test('the file is a link, or in a folder that is one', async () => {
    const linked = modelAt('weights.bin')
    writeFileSync(join(work, 'elsewhere.bin'), linked.weights)
    symlinkSync(join(work, 'elsewhere.bin'), join(linked.folder, 'weights.bin'))
    await expectRefused(linked.path, 'bad-model', '"weights.bin", which is a symbolic link')
    const below = modelAt('data/weights.bin')
    const other = newFolder()
    writeFileSync(join(other, 'weights.bin'), below.weights)
    symlinkSync(other, join(below.folder, 'data'))
    await expectRefused(below.path, 'bad-model', '"data/weights.bin", which is a symbolic link')
  })

  test('the file is a pipe, a folder, missing or too short', async () => {
    const piped = modelAt('weights.bin')
    pipe(join(piped.folder, 'weights.bin'))
    await expectRefused(piped.path, 'bad-model', '"weights.bin", which is no file')
    const folder = modelAt('weights.bin')
    mkdirSync(join(folder.folder, 'weights.bin'))
    await expectRefused(folder.path, 'bad-model', '"weights.bin", which is no file')
    await expectRefused(modelAt('weights.bin').path, 'bad-model', '"weights.bin", which is missing')
    const short = modelAt('weights.bin')
    writeFileSync(join(short.folder, 'weights.bin'), short.weights.subarray(0, short.weights.length - 1))
    await expectRefused(short.path, 'bad-model', 'ends beyond the end of "weights.bin"')
  })

  test('a name turns the terminal or the line', async () => {
    const { path } = modelAt('\u001b[31m\u202eweights\n.bin')
    const says = String.raw`"\u{1b}[31m\u{202e}weights\u{a}.bin", which is missing`
    await expectRefused(path, 'bad-model', says)
  })
})

describe('a model is refused, and not waited for, when', () => {
  const good = makeGpt2(join(work, 'good')).directory
  const copy = (): string => {
    const folder = newFolder()
    cpSync(good, folder, { recursive: true })
    return folder
  }

  test.each(['config.json', 'model.safetensors', 'tokenizer.json'])(
    'its %s is a pipe, a device or a folder',
    async (name) => {
      const kind = name === 'model.safetensors' ? 'bad-file' : name === 'config.json' ? 'bad-model' : 'bad-tokenizer'
      for (const put of [pipe, (path: string) => symlinkSync('/dev/zero', path), (path: string) => mkdirSync(path)]) {
        const folder = copy()
        rmSync(join(folder, name))
        put(join(folder, name))
        await expectRefused(folder, kind, name)
      }
    },
  )

  test('it is an .onnx file that is a pipe or a device', async () => {
    const folder = newFolder()
    pipe(join(folder, 'pipe.onnx'))
    symlinkSync('/dev/zero', join(folder, 'zero.onnx'))
    await expectRefused(join(folder, 'pipe.onnx'), 'bad-file', 'pipe.onnx is no ordinary file')
    await expectRefused(join(folder, 'zero.onnx'), 'bad-file', 'no ordinary file')
  })

  test('its index names files by what is no name', async () => {
    for (const name of [
      '/etc/passwd',
      '../model.safetensors',
      '..',
      'a\0b',
      '',
      { deep: [] },
      `x/${'y'.repeat(10_000)}`,
    ]) {
      const folder = copy()
      rmSync(join(folder, 'model.safetensors'))
      writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { wte: name } }))
      await expectRefused(
        folder,
        'bad-model',
        /^model\.safetensors\.index\.json: .{1,200} is no file name in the model's folder$/,
      )
    }
  })

  test('a name in its header is long, or moves what follows it', async () => {
    const folder = copy()
    const path = join(folder, 'model.safetensors')
    const file = readFileSync(path)
    const length = Number(file.readBigUInt64LE(0))
    const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<string, unknown>
    header[`\u202e${'x'.repeat(5000)}`] = { dtype: 'F32', shape: [1], data_offsets: [0, 8] }
    const text = Buffer.from(JSON.stringify(header))
    const start = Buffer.alloc(8)
    start.writeBigUInt64LE(BigInt(text.length))
    writeFileSync(path, Buffer.concat([start, text, file.subarray(8 + length)]))
    await expectRefused(folder, 'bad-model', /^model\.safetensors: tensor "\\u\{202e\}x{99}\.\.\.x{17}" of shape \[1\]/)
  })
})

test('a tensor of an exported file that lies in a pipe or a folder is refused', async () => {
  // No export is needed: the scan of a file that claims to be one comes first.
  const folder = newFolder()
  const style = gptStyle({ metadata: { 'snip.format': '1', 'snip.layout': '{}' } })
  const { bytes } = writeDecoder({ ...style, external: 'weights.bin' })
  const path = join(folder, 'model.onnx')
  writeFileSync(path, bytes)
  pipe(join(folder, 'weights.bin'))
  await expectRefused(path, 'bad-model', 'lies in "weights.bin", which is no file')
  rmSync(join(folder, 'weights.bin'))
  mkdirSync(join(folder, 'weights.bin'))
  await expectRefused(path, 'bad-model', 'lies in "weights.bin", which is no file')
})
