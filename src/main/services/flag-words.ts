import { SnipError } from '../../contract/failure.ts'

/** What a flag of the command line is called where there are no flags. */
const words: readonly (readonly [RegExp, string])[] = [
  [/Name (it|another column) with --text-column/g, 'Choose the column that holds the text'],
  [/Give one of these names to --text-column/g, 'Choose one of these columns as the text column'],
  [/Use --split all to take/g, 'Choose the split "all" to take'],
  [/, or use --metric lm/g, ''],
  [/Use --window (\d+)/g, 'Use windows of $1 tokens'],
  [/Choose (another|a new) --out/g, 'Choose another place'],
  [/ or name it with --tokenizer/g, ' or choose it'],
  [/Leave --(text-column|where|sample) out/g, 'Leave it out'],
  [/--text-column/g, 'A text column'],
  [/The condition of --where/g, 'The filter'],
  [/--where/g, 'A filter'],
  [/--sample( \d+)?/g, 'A sample$1'],
  [/--seed/g, 'The seed'],
  [/--top( \d+)?/g, 'A number of neurons$1'],
  [/snip record/g, 'the recording'],
]

/** A failure told to somebody at a window: the same, without flags of the command line. Other errors pass as they are. */
export function withoutFlags(error: unknown): unknown {
  if (!(error instanceof SnipError)) return error
  const message = reworded(error.message)
  const remedy = error.remedy === undefined ? undefined : reworded(error.remedy)
  if (message === error.message && remedy === error.remedy) return error
  const { kind, detail } = error
  return new SnipError(kind, message, {
    ...(remedy === undefined ? {} : { remedy }),
    ...(detail === undefined ? {} : { detail }),
    cause: error,
  })
}

/** Work whose failures are told without flags. */
export function inPlainWords<Given extends readonly unknown[], Made>(
  work: (...given: Given) => Promise<Made>,
): (...given: Given) => Promise<Made> {
  return async (...given) => {
    try {
      return await work(...given)
    } catch (error) {
      throw withoutFlags(error)
    }
  }
}

function reworded(text: string): string {
  return words.reduce((changed, [flag, word]) => changed.replace(flag, word), text)
}
