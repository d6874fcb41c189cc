import { SnipError } from '../../../contract/failure.ts'
import { documentSchemas, neuronKeyedKinds, neuronKeySchema, type DocumentKind } from './documents.ts'

/** A document of ours before it is kept: what does not fit its schema is a fault of the program. */
export function checkDocument(kind: DocumentKind, key: string, value: unknown): unknown {
  const parsed = documentSchemas[kind].safeParse(value)
  if (parsed.success && (!neuronKeyedKinds.has(kind) || neuronKeySchema.safeParse(key).success)) return parsed.data
  const issue = parsed.error?.issues[0]
  throw new SnipError('internal', `The ${kind} ${key} cannot be kept: ${issue?.path.join('.')} ${issue?.message}`)
}

/** A document that an edit brings back: its record may have been put there by anybody. */
export function checkUndone(label: string, kind: DocumentKind, key: string, value: unknown): unknown {
  const parsed = Object.hasOwn(documentSchemas, kind) ? documentSchemas[kind].safeParse(value) : null
  const isKey = !neuronKeyedKinds.has(kind) || neuronKeySchema.safeParse(key).success
  if (parsed?.success && isKey) return parsed.data
  throw new SnipError(
    'bad-file',
    `"${label}" cannot be taken back or done again: its record in workspace.duckdb is damaged`,
    {
      remedy: 'Make the change by hand.',
    },
  )
}

/** A document as it was kept, with its kind. Throws `bad-file` naming a damaged one. */
export function checkStored(
  kind: string,
  key: string,
  text: string,
): { kind: DocumentKind; key: string; value: unknown } {
  let why = 'this program knows no such kind'
  if (Object.hasOwn(documentSchemas, kind)) {
    const parsed = documentSchemas[kind as DocumentKind].safeParse(JSON.parse(text))
    if (parsed.success) return { kind: kind as DocumentKind, key, value: parsed.data }
    const issue = parsed.error.issues[0]
    why = `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is wrong'}`
  }
  throw new SnipError('bad-file', `The ${kind} ${JSON.stringify(key)} in workspace.duckdb is damaged: ${why}`, {
    remedy: 'Restore the workspace from a copy, or move workspace.duckdb away: what lies in files is read anew.',
  })
}
