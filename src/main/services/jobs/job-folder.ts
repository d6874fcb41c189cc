import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { fileError, writeJsonAside } from '../../files/write-aside.ts'
import { canonicalJson, describeDifferences, sha256 } from './canonical-json.ts'
import { takeWriterLock } from './writer-lock.ts'

const jobFile = 'job.json'
const lockFile = 'lock'

/** job.json: which job a folder belongs to. The identity is everything that determines the result, and no times. */
const jobManifestSchema = z.object({
  version: z.literal(1),
  command: z.string(),
  identity: z.record(z.string(), z.unknown()),
  identityHash: z.string(),
})
export type JobManifest = z.infer<typeof jobManifestSchema>

export interface JobIdentity {
  readonly command: string
  readonly identity: Readonly<Record<string, unknown>>
}

/** A folder that this process alone writes, for one job. `close` it, whatever happens. */
export interface JobFolder {
  readonly path: string
  readonly manifest: JobManifest
  /** True when the same job was here before, finished or not. */
  readonly resumed: boolean
  file(name: string): string
  has(name: string): boolean
  /** Writes how long the job took into timing.json, which no comparison of results covers. */
  writeTiming(timing: Readonly<Record<string, unknown>>): void
  close(): void
}

/**
 * Opens the folder of a job: creates it, or resumes the same job. Another job's folder -> `exists` naming what differs;
 * a folder with other things in it -> `exists`; a folder that a live process writes -> `busy` naming the process.
 */
export function openJobFolder(directory: string, job: JobIdentity): JobFolder {
  const path = resolve(directory)
  createFolder(path, directory)
  refuseForeignFolder(path, directory)
  const lock = takeWriterLock(join(path, lockFile), directory)
  try {
    const known = readJob(path, directory)
    const manifest = known ?? describeJob(job)
    if (known) refuseOtherJob(known, job, directory)
    else writeJsonAside(join(path, jobFile), manifest)
    return {
      path,
      manifest,
      resumed: known !== null,
      file: (name) => join(path, name),
      has: (name) => existsSync(join(path, name)),
      writeTiming: (timing) => writeJsonAside(join(path, 'timing.json'), timing),
      close: () => lock.release(),
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** What job.json says of a job. */
export function describeJob({ command, identity }: JobIdentity): JobManifest {
  const text = canonicalJson(identity)
  return {
    version: 1,
    command,
    identity: JSON.parse(text) as Record<string, unknown>,
    identityHash: sha256(command, '\n', text),
  }
}

function createFolder(path: string, directory: string): void {
  try {
    makeFolder(path)
  } catch (error) {
    throw fileError(error, path, 'write')
  }
  if (!statSync(path).isDirectory()) {
    throw new SnipError('bad-file', `${directory} is a file, not a folder`, { remedy: 'Choose another --out.' })
  }
}

/** Files that a job killed in its first moments leaves behind. */
function isOfOurs(name: string): boolean {
  return name === lockFile || name.startsWith(`${lockFile}.`) || name === `${jobFile}.partial`
}

function refuseForeignFolder(path: string, directory: string): void {
  if (existsSync(join(path, jobFile))) return
  const foreign = readdirSync(path).find((name) => !isOfOurs(name))
  if (foreign === undefined) return
  throw new SnipError('exists', `${directory} is not empty (it holds ${foreign}) and belongs to no job of snip`, {
    remedy: 'Choose a new or empty folder.',
  })
}

function readJob(path: string, directory: string): JobManifest | null {
  const file = join(path, jobFile)
  if (!existsSync(file)) return null
  let json: unknown
  try {
    json = JSON.parse(readRegularFile(file).toString('utf8'))
  } catch {
    json = null
  }
  const parsed = jobManifestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  throw new SnipError('exists', `${join(directory, jobFile)} is damaged or of another version of snip`, {
    remedy: 'Choose a new or empty folder.',
  })
}

function refuseOtherJob(known: JobManifest, job: JobIdentity, directory: string): void {
  const own = describeJob(job)
  if (known.identityHash === own.identityHash) return
  const differences =
    known.command === own.command
      ? describeDifferences(known.identity, own.identity).join(', ')
      : `it was made by snip ${known.command}`
  throw new SnipError('exists', `${basename(directory)} holds another job: ${differences}`, {
    remedy: 'Choose a new folder, or run with the settings of that job to go on with it.',
  })
}
