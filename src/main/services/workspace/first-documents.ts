import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { readTextFile } from '../files-of-lines.ts'
import { deriveDocuments } from './derive-documents.ts'
import type { Change } from './document-store.ts'
import { documentSchemas, type DocumentKind } from './documents.ts'
import type { PlaceBases } from './places.ts'

/** Documents that a workspace was shipped with: what its database holds at first. */
export const shippedFile = 'documents.json'

const shippedSchema = z.object({
  version: z.literal(1),
  documents: z.array(z.object({ kind: z.string(), key: z.string(), value: z.unknown() })),
})

/** The documents of a workspace without a database: those that it was shipped with, else from what lies in its folder. */
export async function firstDocuments(folder: string, bases: PlaceBases): Promise<Change[]> {
  const path = join(folder, shippedFile)
  if (!existsSync(path)) return deriveDocuments(folder, bases)
  const { documents } = shippedSchema.parse(JSON.parse(readTextFile(path)))
  return documents.map(({ kind, key, value }) => {
    const parsed = Object.hasOwn(documentSchemas, kind) ? documentSchemas[kind as DocumentKind].safeParse(value) : null
    if (parsed?.success) return { kind, key, after: parsed.data } as Change
    const issue = parsed?.error.issues[0]
    throw new SnipError(
      'bad-file',
      `The ${kind} ${key} in ${path} is damaged: ${issue?.path.join('.')} ${issue?.message}`,
      {
        remedy: 'Restore the file.',
      },
    )
  })
}
