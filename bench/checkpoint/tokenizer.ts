import { writeTokenizer } from '../../test/support/models/tokenizer.ts'

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * Writes a byte-level tokenizer of `vocabulary` tokens, since reading a real one is part of opening a model: 256 bytes, then
 * merges of two and of three letters, then `<|endoftext|>`.
 */
export function writeLargeTokenizer(folder: string, vocabulary: number, context: number): void {
  const merges: string[] = []
  const room = vocabulary - 256 - 1
  const add = (left: string, right: string) => {
    if (merges.length < room) merges.push(`${left} ${right}`)
  }
  for (const first of letters) for (const second of letters) add(first, second)
  for (const first of letters) for (const second of letters) for (const third of letters) add(first + second, third)
  writeTokenizer(folder, context, merges)
}
