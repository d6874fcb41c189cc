import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { sampleIndices } from '../../../core/data/sample.ts'
import { createRandom } from '../../../core/stats/random.ts'
import type { DataInUse, DataRequest } from '../data-in-use/data-in-use.ts'
import { locateFile } from '../datasets/open-file.ts'
import { throwIfCancelled, type Task } from '../task.ts'
import { listImageFolder, readImageFiles } from './image-folder.ts'
import type { ImageSource } from './image-source.ts'

/**
 * Images for a classifier: a folder of class folders, or a Parquet file with bytes and labels. Their hash is that of all files in
 * order, each as 8-byte length and bytes, then its label likewise.
 */
export async function loadImages(request: DataRequest, task: Task): Promise<DataInUse> {
  const { path, options = {} } = request
  for (const [flag, value] of [
    ['--where', options.where],
    ['--text-column', options.textColumn],
    ['--format', options.format],
  ]) {
    if (value === undefined) continue
    throw new SnipError('bad-argument', `${flag} works on text, and this model reads images`, {
      remedy: 'Leave it out.',
    })
  }
  const warnings: string[] = []
  const { sample, seed = 0 } = options
  const choose = (count: number): readonly number[] | null => {
    if (sample === undefined || sample >= count) return null
    return sampleIndices(count, sample, createRandom(seed))
  }
  let images: ImageSource
  if (statSync(resolve(path), { throwIfNoEntry: false })?.isDirectory()) {
    const { files, others } = listImageFolder(resolve(path))
    if (others > 0) warnings.push(`${basename(path)}: ${others} files are no images and were left out`)
    images = readImageFiles(choose(files.length)?.map((at) => files[at]!) ?? files)
  } else {
    const file = await locateFile(path)
    if (!/\.parquet$/i.test(file.realPath)) {
      throw new SnipError('bad-data', `${file.name} holds no images, and this model reads nothing else`, {
        remedy: 'Give a folder with one folder of PNG or JPEG files for each class, or a Parquet file of images.',
      })
    }
    // Imported on demand: it loads the native database.
    const { openImageTable } = await import('./image-table.ts')
    images = await openImageTable(file, { image: request.imageColumn, label: request.labelColumn }, choose)
  }
  warnings.forEach((sentence) => task.warn(sentence))
  const dataHash = await hashImages(images, task)
  return { path, kind: 'images', documents: [], cloze: null, split: null, images, keepShort: true, dataHash, warnings }
}

async function hashImages(images: ImageSource, task: Task): Promise<string> {
  const hash = createHash('sha256')
  const add = (bytes: Uint8Array) => {
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(bytes.length))
    hash.update(length).update(bytes)
  }
  for await (const { bytes, label } of images.read()) {
    throwIfCancelled(task)
    add(bytes)
    add(Buffer.from(label === null ? '' : String(label)))
  }
  return hash.digest('hex')
}
