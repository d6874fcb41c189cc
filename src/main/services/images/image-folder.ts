import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { fileError } from '../../files/write-aside.ts'
import { mostImageBytes, type ImageSource } from './image-source.ts'

interface ImageFile {
  readonly path: string
  /** Path below the folder. */
  readonly name: string
  readonly label: string | null
}

export interface ImageFolder {
  readonly files: readonly ImageFile[]
  /** Files that are no images. */
  readonly others: number
}

/**
 * The images of a folder, by name: those in its subfolders, one for each class, and those that lie in it and have no class. Deeper folders are
 * not looked into. Throws `bad-data` for a folder without images.
 */
export function listImageFolder(folder: string): ImageFolder {
  const files: ImageFile[] = []
  let others = 0
  const list = (directory: string, label: string | null): string[] => {
    const folders: string[] = []
    for (const entry of entriesOf(directory)) {
      const path = join(directory, entry)
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats?.isDirectory()) folders.push(entry)
      else if (stats?.isFile() && /\.(png|jpe?g)$/i.test(entry)) {
        files.push({ path, name: label === null ? entry : `${label}/${entry}`, label })
      } else others++
    }
    return folders
  }
  for (const label of list(folder, null)) list(join(folder, label), label)
  if (files.length > 0) return { files, others }
  throw new SnipError('bad-data', `${folder} holds no .png, .jpg or .jpeg files, nor do its folders`, {
    remedy: 'Give a folder with one folder of images for each class, named as the class.',
  })
}

/** Files of a listed folder as images. */
export function readImageFiles(files: readonly ImageFile[]): ImageSource {
  return {
    count: files.length,
    async *read() {
      for (const { path, name, label } of files) {
        if (statSync(path).size > mostImageBytes) {
          throw new SnipError('bad-data', `${name} has more than ${mostImageBytes} bytes`, {
            remedy: 'Take it out of the folder.',
          })
        }
        try {
          yield { name, bytes: await readFile(path), label }
        } catch (error) {
          throw fileError(error, path, 'read')
        }
      }
    },
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted()
  } catch (error) {
    throw fileError(error, directory, 'read')
  }
}
