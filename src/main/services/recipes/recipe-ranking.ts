import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Ranking } from '../../../contract/files.ts'
import { pinnedIds, type PinnedIds } from '../../../core/pruning/pinned-ids.ts'
import { parseRanking, serialiseRanking } from '../../../core/ranking/ranking-file.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside } from '../../files/write-aside.ts'
import { readTextFile } from '../files-of-lines.ts'
import type { RecipeFiles } from './recipe-files.ts'

/** Reads a ranking. Throws `bad-data` with its name. */
export function readRanking(path: string): Ranking {
  return parseRanking(readTextFile(path), basename(path))
}

/** Writes the order of a ranking with the task's pins applied, which sweeps and plans then go by. */
export function writeOrder(files: RecipeFiles, taskName: string, label: string, pins: PinnedIds | undefined): void {
  const out = files.order(taskName, label)
  if (pins === undefined || out === files.ranking(taskName, label) || existsSync(out)) return
  makeFolder(dirname(out))
  writeAside(out, [serialiseRanking(pinnedRanking(readRanking(files.ranking(taskName, label)), pins))])
}

/** In the order in which neurons go; scores only say that order, as pins may stand above better scores. */
function pinnedRanking({ header, neurons }: Ranking, pins: PinnedIds): Ranking {
  const ids = pinnedIds(
    neurons.map(({ neuron }) => neuron),
    pins,
  ).slice(0, header.neuronCount)
  return { header, neurons: ids.map((neuron, at) => ({ neuron, score: ids.length - at, rank: at + 1 })) }
}
