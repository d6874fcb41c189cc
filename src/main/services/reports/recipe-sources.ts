import { isAbsolute, relative, sep } from 'node:path'
import { z } from 'zod'
import { jsonLines } from '../files-of-lines.ts'
import { evidenceInUse } from '../rankings/ranking-inputs.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { Place } from '../workspace/places.ts'
import { conceptsBehind, readJson } from './recipe-inputs.ts'
import { cannot, freeName, type Keys } from './recipe-keys.ts'

/** What the tasks of a recipe are made from: its recordings and concepts by name, its data sets, and the paths of files. */
export class RecipeSources {
  /** The recipe's own; what has another says so. */
  readonly seed: number
  readonly recordings: Record<string, Keys> = {}
  readonly concepts: Record<string, Keys> = {}
  /** Files of the recipe's own folder, by name. */
  readonly files = new Map<string, Iterable<string>>()
  /** What the recipe leaves out or does in another way. */
  readonly notes = new Set<string>()
  readonly #workspace: OpenWorkspace
  readonly #home: string
  readonly #filesFolder: string
  readonly #recordingNames = new Map<string, string | null>()
  readonly #conceptNames = new Map<string, string>()

  constructor(workspace: OpenWorkspace, home: string, filesFolder: string) {
    this.#workspace = workspace
    this.#home = home
    this.#filesFolder = filesFolder
    const evidence = evidenceInUse(workspace)
    this.seed = Math.max(0, evidence === null ? 1 : (workspace.store.get('recording', evidence)?.seed ?? 1))
  }

  /** Name of a recording in the recipe; null when its data are not known. */
  recording(id: string): string | null {
    const known = this.#recordingNames.get(id)
    if (known !== undefined) return known
    const document = this.#workspace.store.get('recording', id)
    const source = document?.dataset == null ? null : this.dataset(document.dataset)
    let name: string | null = null
    if (document !== null && source === null) {
      this.notes.add(`The recording of ${document.data} is left out: its data set is no longer there`)
    } else if (document !== null) {
      const { window, sites, seed, data, folder } = document
      name = freeName(this.recordings, data)
      const job = readJson(this.#workspace.file(...folder.split('/'), 'job.json'), recordJobSchema)
      const tokens = job === null ? document.tokens : job.identity.tokens
      this.recordings[name] = {
        ...source,
        ...(tokens === null ? {} : { tokens }),
        window,
        sites,
        ...(seed === this.seed ? {} : { seed }),
      }
    }
    this.#recordingNames.set(id, name)
    return name
  }

  /** The same, where nothing can be done without it. Throws when it is not there. */
  requireRecording(id: string | null): string {
    const name = id === null ? null : this.recording(id)
    if (name === null) throw cannot('a recording that it was made from is no longer there')
    return name
  }

  /** Name of the concepts that a ranking was made from. Throws when they are not known any more. */
  conceptsOf(ranking: string, recording: string | null): string {
    const source = conceptsBehind(this.#workspace, ranking, this.seed)
    if (source === null) throw cannot('its concepts changed since')
    const recorded = this.requireRecording(recording)
    const key = JSON.stringify([recorded, source.kind === 'list' ? source.hash : source.explainer])
    const known = this.#conceptNames.get(key)
    if (known !== undefined) return known
    const name = freeName(this.concepts, source.kind === 'list' ? 'concepts' : source.explainer)
    if (source.kind === 'list') {
      this.files.set(`${name}.jsonl`, jsonLines(source.concepts))
      this.concepts[name] = { recording: recorded, file: `${this.#filesFolder}/${name}.jsonl` }
    } else {
      this.concepts[name] = { recording: recorded, explainer: source.explainer, sites: source.sites }
    }
    this.#conceptNames.set(key, name)
    return name
  }

  /** A data set as a recipe names it; null when the workspace has it no more. */
  dataset(id: string): Keys | null {
    const document = this.#workspace.store.get('dataset', id)
    if (document === null) return null
    const { textColumn, where, sample, seed, split } = document.mapping
    return {
      data: this.pathOf(document.place),
      ...(document.kind === 'cloze' ? { split } : {}),
      ...(textColumn === null ? {} : { textColumn }),
      ...(where === null ? {} : { where }),
      ...(sample === null ? {} : { sample, ...(seed === this.seed ? {} : { sampleSeed: seed }) }),
    }
  }

  /** Path of a file of the workspace. */
  inWorkspace(file: string): string {
    return this.pathOf({ base: 'workspace', path: file })
  }

  /** From the recipe's folder for what lies in the workspace, so that both can be moved together; else absolute. */
  pathOf(place: Place): string {
    const path = this.#workspace.pathOf(place)
    if (place.base !== 'workspace') return path
    const fromHome = relative(this.#home, path)
    return isAbsolute(fromHome) ? path : fromHome.split(sep).join('/')
  }
}

const recordJobSchema = z.object({ identity: z.object({ tokens: z.number().nullable() }) })
