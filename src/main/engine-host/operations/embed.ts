import { SnipError } from '../../../contract/failure.ts'
import { decodeWeights } from '../../../core/numbers/half.ts'
import { withFile } from '../../files/file-source.ts'
import { withRecording } from '../../files/open-recording.ts'
import { tensorOf, type OpenModel } from '../model/open-model.ts'
import { requirePart } from '../model/readout.ts'
import { betweenBatches } from './steps.ts'

export interface EmbedRequest {
  readonly embedder: string
  readonly texts: readonly string[]
  /** What the common component is estimated from; the texts when left out. */
  readonly sentences?: readonly string[] | undefined
  /** Folder of the probing corpus's recording, for how often each token occurs; null counts every token as rare. */
  readonly recording: string | null
}

/** Embeds texts together: f32 [texts, dimensions], rows of length 1, or 0 where a text says nothing. */
export async function embedTexts(model: OpenModel, request: EmbedRequest, signal: AbortSignal | undefined) {
  const { embedders } = await import('../../../core/concepts/embedders/index.ts')
  const member = Object.values(embedders).find(({ id }) => id === request.embedder)
  if (!member) {
    throw new SnipError('bad-argument', `There is no embedder "${request.embedder}"`, {
      remedy: `Choose one of: ${Object.keys(embedders).join(', ')}.`,
    })
  }
  const { vocabularySize } = model.shape
  const tokenCounts =
    request.recording === null ? new Uint32Array(vocabularySize) : readTokenCounts(model, request.recording)
  const embeddings = readEmbeddings(model)
  const embedder = member.create(
    {
      embeddings,
      width: embeddings.length / vocabularySize,
      tokenCounts,
      encode: (text) => model.tokenizer.encode(text),
      sentences: request.sentences ?? request.texts,
    },
    member.parameters.parse({}),
  )
  await betweenBatches(signal)
  return { dimensions: embedder.dims, vectors: embedder.embed(request.texts) }
}

/** How often each token of the model occurs in a recorded corpus. */
function readTokenCounts({ shape }: OpenModel, recording: string): Uint32Array {
  const counts = withRecording(recording, (reader) => reader.tokenCounts())
  if (counts.length === shape.vocabularySize) return counts
  throw new SnipError(
    'bad-data',
    `The recording ${recording} is of a model with ${counts.length} tokens, this one has ${shape.vocabularySize}`,
    { remedy: 'Give a recording of this model.' },
  )
}

/** The subject model's own token embeddings as f32, [vocabulary, columns]; some families widen them afterwards. */
function readEmbeddings(model: OpenModel): Float32Array {
  const entry = tensorOf(model, requirePart(model.readout.embedding, 'its token embeddings'))
  const { path } = model.weights.files.get(entry.file)!
  return withFile(path, entry.file, (file) => decodeWeights(entry.dtype, file.read(entry.offset, entry.byteLength)))
}
