import { appendFileSync, closeSync, constants, existsSync, lstatSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { idSchema } from '../../../contract/workbench/call.ts'
import { jobKindSchema, jobSchema, type Job } from '../../../contract/workbench/jobs.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { readRegularFile, readTail } from '../../files/read-regular.ts'
import { fileError, writeJsonAside } from '../../files/write-aside.ts'

const requestFile = 'request.json'
const stateFile = 'state.json'
const logFile = 'job.log'
const mostLogLines = 1000
const longestLogLine = 4000
/** Bytes at the end of a log that are read. */
const logTailBytes = 1024 ** 2
/** A link in the log's place is no log: a workspace from elsewhere could have its lines written into any file. */
const appendFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)

/** What a job was asked to do: never changes. */
const requestSchema = z.object({
  version: z.literal(1),
  id: idSchema,
  kind: jobKindSchema,
  title: z.string(),
  params: z.unknown(),
  createdAt: z.number(),
})
export type JobRequest = z.infer<typeof requestSchema>

/** How far it came. `dismissed` jobs are on no list; what they made may still need their folder. */
const stateSchema = jobSchema
  .pick({ state: true, startedAt: true, endedAt: true, failure: true, warnings: true, result: true })
  .extend({ dismissed: z.boolean() })
export type JobState = z.infer<typeof stateSchema>

/** A job's folder below `jobs` of the workspace: request.json, state.json, job.log, and work/ for the work itself. */
export class JobRecord {
  readonly folder: string
  readonly request: JobRequest

  private constructor(folder: string, request: JobRequest) {
    this.folder = folder
    this.request = request
  }

  static create(jobsFolder: string, request: JobRequest, state: JobState): JobRecord {
    const record = new JobRecord(join(jobsFolder, request.id), request)
    try {
      makeFolder(record.workFolder)
      writeJsonAside(join(record.folder, requestFile), request)
      record.writeState(state)
    } catch (error) {
      // Else a job that could not be started would be on the list at the next opening.
      rmSync(record.folder, { recursive: true, force: true })
      throw fileError(error, record.folder, 'write')
    }
    return record
  }

  /** The jobs that lie in a folder, oldest first. Folders of other makers, damaged ones and links are passed over. */
  static readAll(jobsFolder: string): { record: JobRecord; state: JobState }[] {
    const found: { record: JobRecord; state: JobState }[] = []
    for (const name of existsSync(jobsFolder) ? readdirSync(jobsFolder) : []) {
      const folder = join(jobsFolder, name)
      if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) continue
      const request = requestSchema.safeParse(readJson(join(folder, requestFile)))
      if (!request.success || request.data.id !== name) continue
      const state = stateSchema.safeParse(readJson(join(folder, stateFile)))
      // Killed between its request and its first state: it had not begun.
      const known = state.success ? state.data : queuedState()
      found.push({ record: new JobRecord(folder, request.data), state: known })
    }
    return found.sort((a, b) => a.record.request.createdAt - b.record.request.createdAt)
  }

  get workFolder(): string {
    return join(this.folder, 'work')
  }

  writeState(state: JobState): void {
    writeJsonAside(join(this.folder, stateFile), state)
  }

  /** Adds a line to the log. What cannot be logged is not worth a failure. */
  log(line: string): void {
    try {
      const text = line.replaceAll(/[\n\r]+/g, ' | ').slice(0, longestLogLine)
      const descriptor = openSync(join(this.folder, logFile), appendFlags, 0o666)
      try {
        appendFileSync(descriptor, `${new Date().toISOString()} ${text}\n`)
      } finally {
        closeSync(descriptor)
      }
    } catch {
      // A full disk or a folder that is gone shows in the work itself.
    }
  }

  /** The last lines of the log. */
  readLog(): string[] {
    try {
      const lines = readTail(join(this.folder, logFile), logTailBytes).split('\n')
      return lines.filter((line) => line !== '').slice(-mostLogLines)
    } catch {
      return []
    }
  }
}

export function queuedState(): JobState {
  return {
    state: 'queued',
    startedAt: null,
    endedAt: null,
    failure: null,
    warnings: [],
    result: null,
    dismissed: false,
  }
}

/** A job as views show it. */
export function jobOf(
  { id, kind, title }: JobRequest,
  state: JobState,
  { progress, secondsLeft }: Pick<Job, 'progress' | 'secondsLeft'>,
): Job {
  const { dismissed: _, ...rest } = state
  return { id, kind, title, ...rest, progress, secondsLeft, resumable: isResumable(state) }
}

/** What a failure of the caller's own making cannot mend by being done again. */
const hopeless = new Set(['bad-argument', 'bad-plan', 'unsupported-model'])

export function isResumable({ state, failure }: Pick<JobState, 'state' | 'failure'>): boolean {
  if (state === 'cancelled' || state === 'interrupted') return true
  return state === 'failed' && (failure === null || !hopeless.has(failure.kind))
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readRegularFile(path).toString('utf8'))
  } catch {
    return null
  }
}
