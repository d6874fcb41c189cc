import { isAbsolute, join, relative, sep } from 'node:path'
import { z } from 'zod'

/**
 * Where a file of the user's lies. What belongs to the program or to the workspace is kept from there on, so that it is
 * found wherever these are moved.
 */
export const placeSchema = z.object({
  base: z.enum(['absolute', 'resources', 'workspace']),
  /** From the base, with forward slashes; absolute as the system writes it. */
  path: z.string().min(1),
})
export type Place = z.infer<typeof placeSchema>

/** Folders that places count from. */
export interface PlaceBases {
  readonly resources: string
  readonly workspace: string
}

/** The absolute path of a place. */
export function pathOfPlace({ base, path }: Place, bases: PlaceBases): string {
  return base === 'absolute' ? path : join(bases[base], ...path.split('/'))
}

/** An absolute path as a place. */
export function placeOf(path: string, bases: PlaceBases): Place {
  for (const base of ['workspace', 'resources'] as const) {
    const inside = relative(bases[base], path)
    if (inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..') {
      return { base, path: inside.split(sep).join('/') }
    }
  }
  return { base: 'absolute', path }
}
