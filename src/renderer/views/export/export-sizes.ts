import { isModelFile } from '../../../contract/workbench/exports.ts'

/** Bytes of the model itself, which compare with the original's, and of what lies beside it: the tokenizer. */
export function sizesOf(files: readonly { readonly name: string; readonly bytes: number }[]): {
  model: number
  beside: number
} {
  let model = 0
  let beside = 0
  for (const { name, bytes } of files) {
    if (isModelFile(name)) model += bytes
    else beside += bytes
  }
  return { model, beside }
}
