import type { Grant } from '../../../contract/workbench/files.ts'
import type { Estimate } from '../language-models/index.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import { gatherConceptsInUse, forgetConceptsInUse, protectedConceptsInUse } from '../rankings/ranking-inputs.ts'
import { RecentSentenceModels } from '../recent/recent-sentence-models.ts'
import type { WorkbenchSession } from '../session/session.ts'

/** The folder that a choice of embedder names, by its grant. */
export function folderOfEmbedder(session: WorkbenchSession, grant: string | null): string | null {
  return grant === null ? null : session.grants.pathOf(grant)
}

/** The sentence model that was used last, if it is still there. */
export function lastSentenceModel({ dataFolder, grants }: WorkbenchSession): Grant | null {
  return new RecentSentenceModels(dataFolder, grants).last()
}

/** Opens the sentence model of a granted folder and remembers it as the last one. Throws `bad-model`. */
export async function lookAtSentenceModel(session: WorkbenchSession, grant: string, signal: AbortSignal) {
  const { dataFolder, grants, events, workbench } = session
  const path = grants.pathOf(grant)
  const { pooling, normalised } = await workbench.engine.client.sentenceModel({ folder: path }, { signal })
  new RecentSentenceModels(dataFolder, grants).add(path)
  events.changed('settings')
  return { folder: grants.grant(path), pooling, normalised }
}

/** Counts what the embedding model of a provider would be sent. Sends nothing. */
export async function estimateEmbedding(
  session: WorkbenchSession,
  tables: NeuronTables,
  { provider, texts: which }: { readonly provider: string; readonly texts: 'concepts' | 'ranking' },
  signal: AbortSignal,
): Promise<Estimate & { readonly texts: number }> {
  const workspace = session.workspace()
  const sentences =
    which === 'concepts'
      ? (await tables.data()).concepts.texts
      : [
          ...(await gatherConceptsInUse(workspace)),
          ...forgetConceptsInUse(workspace),
          ...protectedConceptsInUse(workspace),
        ].map(({ text }) => text)
  const texts = new Set(sentences.filter((text) => text.trim() !== ''))
  const requests = [...texts].map((text) => ({ kind: 'embedding', text }) as const)
  return { ...(await session.languageModels.estimate(provider, requests, { signal })), texts: texts.size }
}
