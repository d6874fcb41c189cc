import { nodeLabel } from '../onnx/model-graph-order.ts'
import type { ModelGraph } from '../onnx/model-graph.ts'
import type { BranchParts } from './branch.ts'
import type { DiscoveredSite, SitePlace } from './discovered-model.ts'
import { refusal } from './graph-scope.ts'
import type { UnplacedSite } from './sites.ts'

/** Gives every site its layer, and joins the branches of a merged decoder, which must hold the same sites. */
export function matchBranches(
  model: ModelGraph,
  branches: readonly BranchParts[],
): { sites: DiscoveredSite[]; notes: string[] } {
  const notes = [...new Set(branches.flatMap((branch) => branch.stream.notes))]
  const [first, ...others] = branches.map((branch) => placeInLayers(branch.sites))
  const sites: DiscoveredSite[] = []
  let isShared = true
  for (const [i, site] of first!.sites.entries()) {
    const copies: SitePlace[] = []
    for (const other of others) {
      const twin = other.sites[i]
      if (!twin || twin.site !== site.site || twin.layer !== site.layer || twin.width !== site.width) {
        const node = model.graphs[site.projection.graph]!.nodes[site.projection.node]!
        throw refusal(model, `its branches differ: node ${nodeLabel(node)} has no counterpart in the other branch`)
      }
      const { graph, value, projection, up, gate } = twin
      isShared &&=
        projection.weight === site.projection.weight &&
        projection.weightReference.graph === site.projection.weightReference.graph
      copies.push({ graph, value, projection, up, gate })
    }
    sites.push({ ...site, copies })
  }
  if (others.some((other) => other.sites.length !== first!.sites.length)) {
    throw refusal(model, 'its branches have different numbers of layers')
  }
  if (!isShared) notes.push('The branches hold weights of their own, which are taken to be equal.')
  if (first!.note !== null) notes.push(first!.note)
  return { sites: sites.toSorted((a, b) => a.layer - b.layer || order(a) - order(b)), notes }
}

type PlacedSite = Omit<DiscoveredSite, 'copies'>

const order = ({ site }: PlacedSite): number => (site === 'attention' ? 0 : 1)

/** The k-th attention and the k-th MLP are layer k. Where their numbers differ, a layer ends when a site would come twice. */
function placeInLayers(sites: readonly UnplacedSite[]): { sites: PlacedSite[]; note: string | null } {
  const counts = { attention: 0, mlp: 0 }
  const placed = sites.map((site) => ({ ...site, layer: counts[site.site]++ }))
  if (counts.attention === counts.mlp && placed.every((site, i) => site.layer === Math.floor(i / 2))) {
    return { sites: placed, note: null }
  }
  let layer = 0
  let seen = new Set<string>()
  const doubt = 'The layers do not all have one attention and one MLP: numbers of layers are a convention.'
  const grouped = sites.map((site): PlacedSite => {
    if (seen.has(site.site) || (site.site === 'attention' && seen.size > 0)) {
      layer++
      seen = new Set()
    }
    seen.add(site.site)
    return { ...site, layer, certainty: 'likely', evidence: [...site.evidence, doubt] }
  })
  return { sites: grouped, note: doubt }
}
