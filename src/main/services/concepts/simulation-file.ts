import { existsSync, rmSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { conceptSimulationSchema, type Concept, type ConceptSimulation } from '../../../contract/files.ts'
import { readRegularFile } from '../../files/read-regular.ts'
import { fileError, writeAside } from '../../files/write-aside.ts'
import { breathe } from '../breathe.ts'
import { jsonLines } from '../files-of-lines.ts'

/** Lines looked at without letting others in. */
const linesTogether = 20_000
/** Bytes of the longest line: its tokens, its windows and a long sentence. */
const longestLine = 400_000

/** The file of the simulations of a file of concepts, beside it. */
export function simulationFileOf(concepts: string): string {
  return `${concepts}.simulations.jsonl`
}

/**
 * Writes the simulations of concepts beside their file: those of `kept` concepts that lie there already, then the new ones. Where there
 * are none the file goes, so that no simulation of another sentence stays.
 */
export function writeSimulations(
  out: string,
  kept: readonly Pick<Concept, 'neuron'>[],
  fresh: readonly ConceptSimulation[],
): void {
  const path = simulationFileOf(out)
  const old = kept.length > 0 && existsSync(path) ? linesOfNeurons(path, new Set(kept.map(({ neuron }) => neuron))) : []
  if (old.length === 0 && fresh.length === 0) rmSync(path, { force: true })
  else writeAside(path, parts(old, fresh))
}

/** Copies the simulations of a file of concepts to the place of another, where there are any. */
export function copySimulations(from: string, to: string): void {
  const path = simulationFileOf(from)
  if (existsSync(path)) writeAside(simulationFileOf(to), [readRegularFile(path)])
}

/** Where the line of each neuron stands in a file of simulations: the lines themselves stay on the disk. */
export class SimulationIndex {
  readonly #path: string
  readonly #places: ReadonlyMap<string, readonly [at: number, length: number]>

  private constructor(path: string, places: ReadonlyMap<string, readonly [number, number]>) {
    this.#path = path
    this.#places = places
  }

  static async read(path: string): Promise<SimulationIndex> {
    const places = new Map<string, readonly [number, number]>()
    let bytes: Buffer
    try {
      bytes = await readFile(path)
    } catch (error) {
      throw fileError(error, path, 'read')
    }
    let lines = 0
    for (const { neuron, at, end } of linesOf(bytes)) {
      places.set(neuron, [at, end - at])
      if (++lines % linesTogether === 0) await breathe()
    }
    return new SimulationIndex(path, places)
  }

  /** What was kept of a neuron; null where nothing was, or what cannot be read. */
  async of(neuron: string): Promise<ConceptSimulation | null> {
    const place = this.#places.get(neuron)
    if (place === undefined) return null
    const [at, length] = place
    if (length > longestLine) return null
    const file = await open(this.#path, 'r')
    try {
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, at)
      const parsed = conceptSimulationSchema.safeParse(JSON.parse(buffer.toString('utf8')))
      return parsed.success && parsed.data.neuron === neuron ? parsed.data : null
    } catch {
      return null
    } finally {
      await file.close()
    }
  }
}

function* parts(old: readonly Buffer[], fresh: readonly ConceptSimulation[]): Generator<Uint8Array | string> {
  for (const line of old) {
    yield line
    yield '\n'
  }
  yield* jsonLines(fresh)
}

function linesOfNeurons(path: string, neurons: ReadonlySet<string>): Buffer[] {
  const bytes = readRegularFile(path)
  const lines: Buffer[] = []
  for (const { neuron, at, end } of linesOf(bytes)) if (neurons.has(neuron)) lines.push(bytes.subarray(at, end))
  return lines
}

/** The lines that begin with a neuron, as the workbench writes them; others are passed over. */
function* linesOf(bytes: Buffer): Generator<{ readonly neuron: string; readonly at: number; readonly end: number }> {
  let at = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
    const neuron = /^\{"neuron":"([a-z]{1,16}:\d{1,9}:\d{1,9})"/.exec(bytes.toString('latin1', at, at + 64))?.[1]
    if (neuron !== undefined) yield { neuron, at, end }
    at = end + 1
  }
}
