import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SnipError } from '../../contract/failure.ts'
import {
  recordingFiles,
  recordingManifestSchema,
  type RecordingManifest,
} from '../../core/recording/recording-format.ts'
import { RecordingReader } from '../../core/recording/recording-reader.ts'
import { FileSource } from './file-source.ts'
import { readRegularFile } from './read-regular.ts'

/** recording.json of a finished recording. Throws `not-found` or `bad-file`. */
export function readRecordingManifest(directory: string): RecordingManifest {
  const path = join(resolve(directory), recordingFiles.manifest)
  if (!existsSync(path)) throw notFinished(directory)
  let json: unknown
  try {
    json = JSON.parse(readRegularFile(path).toString('utf8'))
  } catch {
    json = null
  }
  const parsed = recordingManifestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new SnipError('bad-file', `${path} is damaged: ${issue?.path.join('.') || 'file'}: ${issue?.message}`, {
    remedy: 'Record again.',
  })
}

/** A recording whose files are open. `close` it after use. */
export interface OpenRecording {
  readonly reader: RecordingReader
  close(): void
}

/** Opens a finished recording; each of its files when it is first read. */
export function openRecording(directory: string): OpenRecording {
  const manifest = readRecordingManifest(directory)
  const open = new Map<string, FileSource>()
  const source = (name: string): FileSource => {
    const known = open.get(name)
    if (known) return known
    const opened = new FileSource(join(resolve(directory), name), name)
    open.set(name, opened)
    return opened
  }
  return {
    reader: new RecordingReader(manifest, source),
    close() {
      for (const file of open.values()) file.close()
    },
  }
}

/** Opens a finished recording, uses it and closes its files. */
export function withRecording<T>(directory: string, use: (reader: RecordingReader) => T): T {
  const { reader, close } = openRecording(directory)
  try {
    return use(reader)
  } finally {
    close()
  }
}

function notFinished(directory: string): SnipError {
  if (!existsSync(resolve(directory))) {
    return new SnipError('not-found', `There is no folder ${directory}`, { remedy: 'Check the path.' })
  }
  if (existsSync(join(resolve(directory), 'job.json'))) {
    return new SnipError('not-found', `The recording in ${directory} is not finished`, {
      remedy: 'Run the same snip record command again: it goes on where it stopped.',
    })
  }
  return new SnipError('not-found', `${directory} holds no recording`, {
    remedy: 'Give the folder that snip record wrote.',
  })
}
