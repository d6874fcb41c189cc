import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DiscoveryFacts } from '../../../contract/engine-host.ts'
import { discoverModel } from '../../../core/discovery/discover.ts'
import type { DiscoveredModel } from '../../../core/discovery/discovered-model.ts'
import { parseModelGraph } from '../../../core/onnx/model-graph-parse.ts'
import { withFile } from '../../files/file-source.ts'
import { checkDiscovery } from './check-discovery.ts'
import { readJsonFile } from './checkpoint-folder.ts'
import { findForeignFiles } from './foreign-files.ts'
import { foreignGraphs, planByOf, type ForeignModel } from './foreign-graphs.ts'
import { foreignWeights } from './foreign-weights.ts'
import type { ModelShape } from './model-shape.ts'

/** Positions that are assumed where neither the file nor a config beside it says how many there are. */
const assumedContext = 2048

/**
 * Opens an .onnx file that another program wrote: its structure is parsed, its neurons are found, and what was found is checked by
 * running it. Throws `bad-model` for a damaged file, `unsupported-model` for one whose neurons cannot be proven.
 */
export async function openForeignModel(path: string, threads: number) {
  const real = realpathSync(path)
  const folder = dirname(real)
  const name = basename(real)
  const graph = withFile(real, name, parseModelGraph)
  const discovered = discoverModel(graph)
  const foreign: ForeignModel = { graph, discovered, files: findForeignFiles(folder, name, graph) }
  const { cached, checked, notes } = await checkDiscovery(foreign, threads)
  const { weights, facts, readout, isTied } = foreignWeights(foreign)
  const config = configBeside(dirname(path))
  const length = discovered.fixedSequence ?? contextOf(discovered, config)
  const assumed = length === null ? [`Nothing says how long a text may be: ${assumedContext} tokens are assumed`] : []
  const discovery: DiscoveryFacts = {
    planBy: planByOf(discovered),
    certain: discovered.sites.filter(({ certainty }) => certainty === 'certain').length,
    likely: discovered.sites
      .filter(({ certainty }) => certainty === 'likely')
      .map(({ site, layer, evidence }) => `${site}:${layer}: ${evidence.join('; ')}`),
    checked: [...checked],
    notes: [...discovered.notes, ...notes, ...assumed],
  }
  const modelType = config['model_type']
  const shape = shapeOf(
    discovered,
    length ?? assumedContext,
    isTied,
    typeof modelType === 'string' ? modelType : 'onnx',
  )
  const producer = graph.producer === '' ? 'an unnamed exporter' : graph.producer.slice(0, 60)
  return {
    foreign,
    shape,
    graphs: foreignGraphs(foreign, cached),
    weights,
    weightFacts: facts,
    readout,
    discovery,
    familyName: `ONNX graph of ${producer}`,
    hashedFiles: [...foreign.files.paths].map(([location, file]) => ({ name: location, path: file })),
  }
}

/** The config.json in the model's folder, or above a folder named `onnx`; empty without one. */
function configBeside(folder: string): Record<string, unknown> {
  const places = [folder, ...(basename(folder) === 'onnx' ? [dirname(folder)] : [])]
  const path = places.map((place) => join(place, 'config.json')).find((file) => existsSync(file))
  if (path === undefined) return {}
  const config = readJsonFile(path, 'bad-model')
  return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {}
}

/** The most positions that both the file and its config allow; null when neither says. */
function contextOf({ contextLength }: DiscoveredModel, config: Record<string, unknown>): number | null {
  const named = [config['max_position_embeddings'], config['n_positions'], config['n_ctx']].find(
    (value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 2,
  )
  if (contextLength === null) return named ?? null
  return named === undefined ? contextLength : Math.min(named, contextLength)
}

function shapeOf(discovered: DiscoveredModel, contextLength: number, tiedHead: boolean, family: string): ModelShape {
  const { layers, sites, vocabularySize, width, positions } = discovered
  const perLayer = <T>(site: 'mlp' | 'attention', read: (found: DiscoveredModel['sites'][number]) => T, none: T): T[] =>
    Array.from({ length: layers }, (_, layer) => {
      const found = sites.find((one) => one.site === site && one.layer === layer)
      return found ? read(found) : none
    })
  return {
    family,
    vocabularySize,
    contextLength,
    width,
    objective: 'causal',
    neurons: {
      mlp: perLayer('mlp', (site) => site.width, 0),
      attention: perLayer('attention', (site) => site.width, 0),
    },
    headCounts: perLayer('attention', (site) => site.headCount ?? 0, 0),
    keyValueHeadCounts: perLayer('attention', (site) => site.keyValueHeadCount ?? site.headCount ?? 0, 0),
    headWidth: sites.find((site) => site.headWidth !== null)?.headWidth ?? 0,
    tiedHead,
    positions,
  }
}
