import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import type { CommandIo } from '../../src/main/cli/command-io.ts'
import { runCommandLine } from '../../src/main/cli/run-command-line.ts'
import { engineHostFile } from '../engine/host.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  /** Lines of stderr. */
  readonly errLines: readonly string[]
}

/** A folder that goes away with the tests of a file, and a `snip` that works in it as in a process of its own. */
export interface Snip {
  readonly folder: string
  path(...parts: string[]): string
  snip(argv: readonly string[], signal?: CommandIo['signal']): Promise<Ran>
  json<T = Record<string, unknown>>(...argv: string[]): Promise<T>
}

export function snipIn(name: string): Snip {
  const folder = mkdtempSync(join(tmpdir(), `snip-cli-${name}-`))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const path = (...parts: string[]) => join(folder, ...parts)

  async function snip(argv: readonly string[], signal = new AbortController().signal): Promise<Ran> {
    let out = ''
    let err = ''
    const code = await runCommandLine(argv, {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      outIsTerminal: false,
      errIsTerminal: false,
      columns: 80,
      environment: { XDG_CACHE_HOME: path('cache'), XDG_DATA_HOME: path('data') },
      signal,
      hostFile: await engineHostFile(),
      resources: resolve(import.meta.dirname, '../../resources'),
    })
    return { code, out, err, errLines: err.split('\n').filter((line) => line !== '') }
  }

  /** The JSON that a command prints; throws when it fails or prints anything else. */
  async function json<T = Record<string, unknown>>(...argv: string[]): Promise<T> {
    const ran = await snip([...argv, '--json'])
    if (ran.code !== 0) throw new Error(`exit ${ran.code}: ${ran.err}`)
    return JSON.parse(ran.out) as T
  }

  return { folder, path, snip, json }
}

/** Sentences with words, numbers and marks, enough for `count` words, the same every time. */
export function someText(count: number): string {
  const words = ['the', 'sand', 'and', 'a', 'ringing', 'door', 'were', '42', 'over', 'there', 'an', 'her', 'outer']
  const out: string[] = []
  let state = 1
  for (let at = 0; at < count; at++) {
    state = (state * 48271) % 2147483647
    out.push((words[state % words.length] as string) + (state % 11 === 0 ? '.' : ''))
  }
  return `${out.join(' ')}\n`
}

/** Cloze questions in the format of the Children's Book Test. */
export function someCloze(count: number): string {
  const candidates = ['sand', 'door', 'ring', 'word', 'hand', 'tree', 'song', 'rain', 'wall', 'bird']
  const questions = Array.from({ length: count }, (_, at) => {
    const lines = Array.from({ length: 20 }, (_unused, line) => `${line + 1} The ${candidates[(at + line) % 10]} .`)
    const answer = candidates[at % 10] as string
    return [...lines, `21 She saw the XXXXX again .\t${answer}\t\t${candidates.join('|')}`].join('\n')
  })
  return `${questions.join('\n\n')}\n`
}
