import { SnipError } from '../../../contract/failure.ts'
import type { OpenModel } from '../model/open-model.ts'

export interface EmbedRequest {
  readonly embedder: string
  readonly texts: readonly string[]
  readonly recording: string | null
}

export async function embedTexts(
  model: OpenModel,
  request: EmbedRequest,
  signal: AbortSignal | undefined,
): Promise<{ dimensions: number; vectors: Float32Array }> {
  void model
  void signal
  throw new SnipError('bad-argument', `There is no embedder "${request.embedder}"`)
}
